//! The frame around every page: language, theme, navigation, who is signed in.

use crate::text::Lang;
use crate::web::session::Signed;
use axum::http::HeaderMap;
use axum::http::header::COOKIE;

/// The entries of the main navigation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nav {
    /// 总览
    Overview,
    /// 产业链
    Chains,
    /// 目标企业
    Targets,
    /// 企业
    Companies,
    /// 导入
    Imports,
    /// 设置
    Settings,
    /// 工作台
    Desk,
    /// 线索
    Leads,
    /// 项目
    Projects,
    /// 评审
    Reviews,
    /// 指标
    Figures,
    /// 上报
    Reports,
    /// 活动
    Events,
    /// 团队
    Team,
    /// 审计
    Audit,
    /// 载体
    Land,
    /// 优惠审查
    Offers,
    /// 政策
    Policies,
    /// 基金与认股权
    Capital,
    /// 场景
    Scenarios,
    /// 数据空间
    Dataspace,
    /// 园区协作
    Cooperation,
    /// None of them (sign-in).
    #[default]
    None,
}

/// What the layout needs; every page struct holds one as `p`.
#[derive(Clone, Debug, Default)]
pub struct Chrome {
    /// Language of this reader.
    pub lang: Lang,
    /// Current entry.
    pub nav: Nav,
    /// Zone name in the header.
    pub zone: String,
    /// Name of the signed-in person; empty before sign-in.
    pub user: String,
    /// Their role in this language.
    pub role: String,
    /// Token of every form on the page.
    pub csrf: String,
    /// Address of this page, for coming back after a change of language.
    pub here: String,
    /// `light` or `dark`.
    pub theme: &'static str,
    /// `normal` or `large`.
    pub size: &'static str,
    /// A message after an action.
    pub flash: Option<Flash>,
    /// Whether this is the sample zone, whose companies are synthetic.
    pub sample: bool,
    /// Whether the journal may be read.
    pub may_audit: bool,
    /// Whether leads, projects and figures may be seen.
    pub may_read: bool,
}

/// A message after an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flash {
    /// Whether it reports a failure.
    pub bad: bool,
    /// The message in the reader's language.
    pub text: String,
}

impl Chrome {
    /// The text in the reader's language.
    #[must_use]
    pub fn t<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        self.lang.t(zh, en)
    }
    /// `page` when `nav` is the current entry (for `aria-current`).
    #[must_use]
    pub fn at(&self, nav: Nav) -> bool {
        self.nav == nav
    }
    /// Address of an asset.
    #[must_use]
    pub fn asset(&self, name: &str) -> String {
        super::assets::path(name)
    }
    /// Adds a message.
    #[must_use]
    pub fn with_flash(mut self, flash: Option<Flash>) -> Chrome {
        self.flash = flash;
        self
    }
    /// A frame without anybody signed in.
    #[must_use]
    pub fn anonymous(prefs: Prefs, zone: String, sample: bool) -> Chrome {
        Chrome {
            lang: prefs.lang,
            nav: Nav::None,
            zone,
            user: String::new(),
            role: String::new(),
            csrf: String::new(),
            here: "/sign-in".into(),
            theme: prefs.theme,
            size: prefs.size,
            flash: None,
            sample,
            may_audit: false,
            may_read: false,
        }
    }
    /// The frame of a signed-in person's page.
    #[must_use]
    pub fn of(signed: &Signed, nav: Nav) -> Chrome {
        Chrome {
            lang: signed.prefs.lang,
            nav,
            zone: signed.zone.clone(),
            user: signed.name.clone(),
            role: role_label(signed.role, signed.prefs.lang).into(),
            csrf: signed.csrf.clone(),
            here: signed.here.clone(),
            theme: signed.prefs.theme,
            size: signed.prefs.size,
            flash: None,
            sample: signed.sample,
            may_audit: signed.may(domain::role::Action::ReadJournal),
            may_read: signed.may(domain::role::Action::ReadProjects),
        }
    }
}

/// The name of a role.
#[must_use]
pub fn role_label(role: domain::role::Role, lang: Lang) -> &'static str {
    use domain::role::Role;
    match role {
        Role::Administrator => lang.t("系统管理员", "Administrator"),
        Role::Security => lang.t("安全管理员", "Security administrator"),
        Role::Auditor => lang.t("审计员", "Auditor"),
        Role::Director => lang.t("领导", "Director"),
        Role::Officer => lang.t("招商专员", "Investment officer"),
        Role::Land => lang.t("规划国土", "Land and planning"),
        Role::Capital => lang.t("基金金融", "Capital"),
        Role::Service => lang.t("企业服务", "Company service"),
        Role::Reviewer => lang.t("部门审核", "Department reviewer"),
    }
}

/// What a reader chose for display; kept in cookies so that it holds before sign-in too.
#[derive(Clone, Copy, Debug)]
pub struct Prefs {
    /// Language.
    pub lang: Lang,
    /// `light` or `dark`.
    pub theme: &'static str,
    /// `normal` or `large`.
    pub size: &'static str,
}

impl Prefs {
    /// Reads the display cookies; anything unknown is the default.
    #[must_use]
    pub fn read(headers: &HeaderMap) -> Prefs {
        Prefs {
            lang: Lang::from_code(cookie(headers, "lang").unwrap_or("zh")),
            theme: if cookie(headers, "theme") == Some("dark") { "dark" } else { "light" },
            size: if cookie(headers, "size") == Some("large") { "large" } else { "normal" },
        }
    }
}

/// The value of a cookie.
#[must_use]
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get_all(COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';')).find_map(
        |pair| {
            let (key, value) = pair.trim().split_once('=')?;
            (key == name).then_some(value)
        },
    )
}
