//! `/settings/tokens`: access tokens, through which programs come in under a person's name.

use crate::account::sign_in::Nothing;
use crate::app::App;
use crate::clock::local;
use crate::settings::FieldError;
use crate::settings::people::everybody;
use crate::text::Lang;
use crate::web::api::PREFIX;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::form::Checked;
use crate::web::form::{check_token, fields};
use crate::web::page::{Page, render};
use crate::web::session::{Signed, hex, random};
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Redirect;
use domain::role::Action;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use store::token::{NewToken, Token};

#[derive(Template)]
#[template(path = "settings/tokens.html")]
struct TokensPage {
    p: Chrome,
    tab: &'static str,
    rows: Vec<TokenRow>,
    /// Whether tokens of everybody are listed.
    everybody: bool,
    secret: Option<String>,
    errors: Vec<FieldError>,
    typed: String,
    days: [i64; 4],
    /// Word, name, and whether it is chosen.
    choices: Vec<(&'static str, &'static str, bool)>,
}

struct TokenRow {
    id: i64,
    name: String,
    person: String,
    actions: String,
    expires: String,
    used: String,
    open: bool,
    state: &'static str,
}

/// What the page says beside the list.
#[derive(Default)]
struct Said {
    secret: Option<String>,
    errors: Vec<FieldError>,
    form: Form,
}

/// The form as people fill it in; `action` comes as often as it is chosen.
#[derive(Default)]
struct Form {
    name: String,
    days: i64,
    actions: Vec<String>,
}

const DAYS: [i64; 4] = [30, 90, 180, domain::limits::TOKEN_DAYS];

/// `GET /settings/tokens`
pub async fn get(State(app): State<App>, signed: Signed) -> Page {
    let form = Form { actions: vec![Action::View.as_str().into()], ..Form::default() };
    page(&app, &signed, Said { form, ..Said::default() }).await
}

/// `POST /settings/tokens`
pub async fn post(State(app): State<App>, signed: Signed, body: Bytes) -> Page {
    let form = read(&signed, &body)?;
    let chosen = form.actions.iter().map(|a| a.parse::<Action>());
    let actions = chosen
        .collect::<std::result::Result<Vec<Action>, String>>()
        .map_err(|why| WebError::bad_request("没有这项权限。", why))?;
    if let Some(beyond) = actions.iter().find(|&&a| !offered(&signed, a)) {
        return Err(WebError::forbidden(
            format!("您的角色不能给令牌这项权限：{}。", action_label(*beyond, Lang::Zh)),
            format!("Your role cannot give a token this permission: {}.", action_label(*beyond, Lang::En)),
        ));
    }
    if actions.is_empty() {
        let text = signed.t("至少选一项权限。", "Choose at least one permission.").to_string();
        return page(&app, &signed, Said { errors: vec![("actions", text)], form, ..Said::default() }).await;
    }
    let (now, secret) = (app.clock.now(), random::<32>()?);
    let expires = now + SignedDuration::from_hours(24 * form.days);
    let new = NewToken { person: signed.id, name: form.name.clone(), actions, expires };
    match app.store.add_token(&signed.actor(), now, &new, &secret).await {
        Ok(_) => {
            let secret = Some(format!("{PREFIX}{}", hex(&secret)));
            page(&app, &signed, Said { secret, ..Said::default() }).await
        }
        Err(store::Error::Invalid(why)) => {
            page(&app, &signed, Said { errors: vec![("name", why)], form, ..Said::default() }).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /settings/tokens/{id}/end`: one's own; whoever says who has which role ends anybody's.
pub async fn end(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    _: Checked<Nothing>,
) -> Result<Redirect> {
    let owner = (!signed.may(Action::ManageRoles)).then_some(signed.id);
    app.store.end_token(&signed.actor(), app.clock.now(), id, owner).await?;
    Ok(Redirect::to("/settings/tokens"))
}

fn read(signed: &Signed, body: &[u8]) -> Result<Form> {
    let (mut form, mut token) = (Form::default(), String::new());
    for (key, value) in fields(body) {
        match key.as_str() {
            "csrf" => token = value,
            "name" => form.name = value.trim().to_string(),
            "days" => form.days = value.parse().unwrap_or(0),
            "action" if form.actions.len() < Action::ALL.len() => form.actions.push(value),
            _ => {}
        }
    }
    check_token(signed, &token)?;
    if !DAYS.contains(&form.days) {
        return Err(WebError::bad_request("没有这个有效期。", "There is no such time to last."));
    }
    Ok(form)
}

/// Whether this person may give a token an action: one of their own, and none about accounts, which stay with people.
fn offered(signed: &Signed, action: Action) -> bool {
    signed.may(action) && !matches!(action, Action::ManageUsers | Action::ManageRoles)
}

async fn page(app: &App, signed: &Signed, said: Said) -> Page {
    let lang = signed.prefs.lang;
    let all = signed.may(Action::ManageRoles);
    let owner = (!all).then_some(signed.id);
    let tokens = app.store.tokens(owner, store::Page::first()).await?;
    let people: HashMap<_, _> = everybody(app).await?.into_iter().map(|u| (u.id, u.name)).collect();
    let now = app.clock.now();
    let rows = tokens
        .into_iter()
        .map(|t| {
            let person = people.get(&t.person).cloned().unwrap_or_default();
            row(t, person, now, lang)
        })
        .collect();
    let mut p = Chrome::of(signed, Nav::Settings);
    p.here = "/settings/tokens".into();
    let chosen = |a: Action| said.form.actions.iter().any(|word| word == a.as_str());
    let choices = Action::ALL.into_iter().filter(|&a| offered(signed, a));
    let choices = choices.map(|a| (a.as_str(), action_label(a, lang), chosen(a))).collect();
    render(&TokensPage {
        p,
        tab: "tokens",
        rows,
        everybody: all,
        secret: said.secret,
        errors: said.errors,
        typed: said.form.name,
        days: DAYS,
        choices,
    })
}

fn row(token: Token, person: String, now: Timestamp, lang: Lang) -> TokenRow {
    let actions: Vec<&str> = token.actions.iter().map(|&a| action_label(a, lang)).collect();
    TokenRow {
        id: token.id,
        name: token.name,
        person,
        actions: actions.join(lang.t("、", ", ")),
        expires: local(token.expires).date().to_string(),
        used: token.used.map_or_else(|| lang.t("从未", "never").to_string(), |d| d.to_string()),
        open: token.ended.is_none() && token.expires > now,
        state: if token.ended.is_some() {
            lang.t("已停用", "ended")
        } else {
            lang.t("已过期", "expired")
        },
    }
}

/// The name of an action.
#[must_use]
pub fn action_label(action: Action, lang: Lang) -> &'static str {
    match action {
        Action::View => lang.t("查看页面", "See pages"),
        Action::Import => lang.t("导入企业名单", "Import company lists"),
        Action::EditSettings => lang.t("修改园区设置", "Change settings"),
        Action::EditWeights => lang.t("修改权重", "Change weights"),
        Action::EditChains => lang.t("修改产业链", "Change chains"),
        Action::Refuse => lang.t("登记不再联系", "Record refusals"),
        Action::Export => lang.t("导出", "Export"),
        Action::ManageUsers => lang.t("管理账号", "Manage accounts"),
        Action::ManageRoles => lang.t("管理角色", "Manage roles"),
        Action::ReadJournal => lang.t("查看审计日志", "Read the journal"),
        Action::ReadProjects => lang.t("查看项目和指标", "See projects and figures"),
        Action::RegisterLead => lang.t("登记线索", "Register leads"),
        Action::SettleConflict => lang.t("裁定冲突", "Settle conflicts"),
        Action::RecordFact => lang.t("记录项目事实", "Record facts"),
        Action::ImportProjects => lang.t("导入项目", "Import projects"),
        Action::CorrectFact => lang.t("更正事实", "Correct facts"),
        Action::Review => lang.t("答复评审", "Answer reviews"),
        Action::EditEvents => lang.t("记录活动", "Record events"),
        Action::ClosePeriod => lang.t("封账上报", "Close periods"),
        Action::EditRules => lang.t("修改口径和规则", "Change rules"),
        Action::EditTeam => lang.t("修改团队目标", "Change team targets"),
        Action::ShareData => lang.t("发布和使用空间数据", "Publish and use shared data"),
        Action::EditPolicies => lang.t("维护企业画像", "Keep company profiles"),
        Action::EditOffer => lang.t("起草优惠条款和承诺", "Draft offers and promises"),
        Action::ReviewOffer => lang.t("出具公平竞争审查意见", "Review offers"),
        Action::EditCapital => lang.t("维护基金与认股权", "Keep funds and warrants"),
        Action::EditScenarios => lang.t("维护场景清单", "Keep scenarios"),
        Action::EditLand => lang.t("维护载体和预留", "Keep land and space"),
        Action::SeeContacts => lang.t("查看完整电话和证件号", "See contacts whole"),
    }
}
