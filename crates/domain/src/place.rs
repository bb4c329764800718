//! Administrative divisions by GB/T 2260 codes: names, short names, and what an address says.

use crate::company::RegionCode;
use crate::text;
use std::collections::HashMap;
use std::sync::OnceLock;

/// `code,name` rows of the divisions down to the county level (see NOTICE for the source).
const REGIONS: &str = include_str!("../data/regions.csv");

/// Names that registers still use for divisions since renamed, merged or split: old name, code of today.
const RENAMED: &[(&str, u32)] = &[
    ("襄樊", 420_600),
    ("巢湖地区", 340_181),
    ("莱芜", 370_116),
    ("思茅", 530_800),
    ("淮阴", 320_800),
    ("万县市", 500_101),
    ("伊克昭", 150_600),
    ("哲里木", 150_500),
    ("昭乌达", 150_400),
    ("呼伦贝尔盟", 150_700),
    ("锡盟", 152_500),
    ("兴安", 152_200),
    ("浦东新区", 310_115),
    ("南汇", 310_115),
    ("卢湾", 310_101),
    ("闸北", 310_106),
    ("崇文", 110_101),
    ("宣武", 110_102),
    ("塘沽", 120_116),
    ("汉沽", 120_116),
    ("大港", 120_116),
    ("平江区", 320_508),
    ("沧浪", 320_508),
    ("金阊", 320_508),
    ("吴江市", 320_509),
    ("丹徒县", 321_112),
    ("武进市", 320_412),
    ("锡山市", 320_205),
    ("江宁县", 320_115),
    ("通州市", 320_614),
    ("海门市", 320_614),
    ("海安县", 320_685),
];

/// How a division was found, from the surest to the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// From the columns that name the division.
    Columns,
    /// The columns gave the coarser division, the address the finer one inside it.
    Refined,
    /// The columns say nothing; the address begins with it.
    Address,
}

/// Why no division was found although the columns name one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlaceFault {
    /// Nobody knows this name.
    Unknown(String),
    /// Several divisions have this name; the parent is missing.
    Ambiguous(String, Vec<RegionCode>),
    /// The name exists, but not inside the division named before it.
    Outside(String, RegionCode),
}

impl std::fmt::Display for PlaceFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PlaceFault::Unknown(name) => write!(f, "no division is called `{name}`"),
            PlaceFault::Ambiguous(name, codes) => {
                write!(f, "{} divisions are called `{name}`; name the city or province too", codes.len())
            }
            PlaceFault::Outside(name, code) => {
                write!(f, "`{name}` is not in {}", full_name(*code).unwrap_or_default())
            }
        }
    }
}

/// The texts of one row that say where a company is; each may be empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlaceTexts<'a> {
    /// 所属省份
    pub province: &'a str,
    /// 所属城市, or a whole path such as `江苏省镇江市京口区`
    pub city: &'a str,
    /// 所属区县
    pub district: &'a str,
    /// 注册地址
    pub address: &'a str,
}

/// The finest division that the texts support, and what could not be read.
///
/// The columns are read from the coarse to the fine; each name is looked up inside the division before it. A name that does not fit
/// is reported and passed over. The address only refines what the columns say, or stands in when they say nothing.
#[must_use]
pub fn locate(texts: PlaceTexts<'_>) -> (Option<(RegionCode, Found)>, Vec<PlaceFault>) {
    let table = table();
    let mut faults = Vec::new();
    let mut at: Option<RegionCode> = None;
    for name in [texts.province, texts.city, texts.district] {
        if text::is_blank(name) {
            continue;
        }
        match table.path(&text::squeeze(name), at) {
            Ok(code) => at = Some(finer(at, code)),
            Err(fault) => faults.push(fault),
        }
    }
    let address = text::squeeze(texts.address);
    let found = match at {
        Some(code) if level(code) == Level::District => Some((code, Found::Columns)),
        Some(code) => match table.inside_address(&address, code) {
            Some(district) => Some((district, Found::Refined)),
            None => Some((code, Found::Columns)),
        },
        None => table.by_address(&address).map(|code| (code, Found::Address)),
    };
    (found, faults)
}

/// Reads one text that names a division, alone or as a path: `江苏`, `镇江市`, `江苏省镇江市京口区`, `321102`.
///
/// # Errors
/// See [`PlaceFault`].
pub fn parse(input: &str) -> Result<RegionCode, PlaceFault> {
    table().path(&text::squeeze(input), None)
}

/// The official name of a division, without its parents.
#[must_use]
pub fn name(code: RegionCode) -> Option<&'static str> {
    table().names.get(&code).copied()
}

/// The official name with its parents, `江苏省镇江市京口区`.
#[must_use]
pub fn full_name(code: RegionCode) -> Option<String> {
    let own = name(code)?;
    let mut out = String::new();
    for parent in [code.province(), code.city()] {
        if parent != code
            && let Some(part) = name(parent)
            && !out.ends_with(part)
        {
            out.push_str(part);
        }
    }
    if out != own {
        out.push_str(own);
    }
    Some(out)
}

/// Every division, by code.
pub fn all() -> impl Iterator<Item = (RegionCode, &'static str)> {
    rows()
}

/// Province, city or district.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Province, municipality, autonomous or special region
    Province,
    /// Prefecture-level city, prefecture, league
    City,
    /// District, county, banner, county-level city
    District,
}

/// The level of a code, by its zeros.
#[must_use]
pub fn level(code: RegionCode) -> Level {
    if code.0.is_multiple_of(10_000) {
        Level::Province
    } else if code.0.is_multiple_of(100) {
        Level::City
    } else {
        Level::District
    }
}

/// The short form of an official name: 江苏, 内蒙古, 镇江, 延边, 京口.
#[must_use]
pub fn short_name(official: &str) -> &str {
    const WHOLE: &[(&str, &str)] = &[
        ("内蒙古自治区", "内蒙古"),
        ("广西壮族自治区", "广西"),
        ("西藏自治区", "西藏"),
        ("宁夏回族自治区", "宁夏"),
        ("新疆维吾尔自治区", "新疆"),
    ];
    // The peoples that autonomous prefectures and counties are named after; stripped from the end, again and again.
    const PEOPLES: &[&str] = &[
        "维吾尔",
        "哈萨克",
        "柯尔克孜",
        "蒙古",
        "土家",
        "布依",
        "朝鲜",
        "哈尼",
        "仡佬",
        "仫佬",
        "毛南",
        "景颇",
        "傈僳",
        "拉祜",
        "达斡尔",
        "塔吉克",
        "锡伯",
        "裕固",
        "保安",
        "东乡",
        "撒拉",
        "普米",
        "独龙",
        "布朗",
        "羌",
        "苗",
        "侗",
        "瑶",
        "白",
        "傣",
        "壮",
        "彝",
        "藏",
        "回",
        "满",
        "黎",
        "畲",
        "佤",
        "怒",
        "水",
        "土",
        "纳西",
    ];
    if let Some((_, short)) = WHOLE.iter().find(|(name, _)| *name == official) {
        return short;
    }
    for suffix in [
        "特别行政区",
        "自治州",
        "自治县",
        "自治旗",
        "地区",
        "林区",
        "新区",
        "省",
        "市",
        "盟",
        "区",
        "县",
        "旗",
    ] {
        let Some(mut rest) = official.strip_suffix(suffix) else { continue };
        if suffix.starts_with("自治") {
            while let Some(less) = PEOPLES
                .iter()
                .find_map(|p| rest.strip_suffix("族").unwrap_or(rest).strip_suffix(p))
                .filter(|less| less.chars().count() >= 2)
            {
                rest = less;
            }
        }
        return if rest.chars().count() >= 2 { rest } else { official };
    }
    official
}

struct Table {
    names: HashMap<RegionCode, &'static str>,
    /// Full and short names of every division, and old names.
    by_name: HashMap<&'static str, Vec<RegionCode>>,
    /// The longest name, in characters.
    longest: usize,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut by_name: HashMap<&'static str, Vec<RegionCode>> = HashMap::new();
        for (code, name) in rows() {
            for key in [name, short_name(name)] {
                let codes = by_name.entry(key).or_default();
                if !codes.contains(&code) {
                    codes.push(code);
                }
            }
        }
        for (old, code) in RENAMED {
            let codes = by_name.entry(old).or_default();
            if !codes.contains(&RegionCode(*code)) {
                codes.push(RegionCode(*code));
            }
        }
        let longest = by_name.keys().map(|k| k.chars().count()).max().unwrap_or(0);
        Table { names: rows().collect(), by_name, longest }
    })
}

fn rows() -> impl Iterator<Item = (RegionCode, &'static str)> {
    REGIONS.lines().skip(1).filter_map(|line| {
        let (code, name) = line.split_once(',')?;
        Some((RegionCode(code.parse().ok()?), name))
    })
}

impl Table {
    /// Reads a name or a path of names inside `within`.
    fn path(&self, text: &str, within: Option<RegionCode>) -> Result<RegionCode, PlaceFault> {
        if let Some(code) = self.by_code(text, within) {
            return Ok(code);
        }
        let mut at = within;
        let mut rest = text;
        let mut depth = 0;
        while !rest.is_empty() && depth < 4 {
            // 延边州: what is left of a name that was known by its short form.
            let shorter = rest.trim_start_matches(['省', '市', '州']);
            let step = self.step(rest, at).or_else(|fault| self.step(shorter, at).map_err(|_| fault));
            match step {
                Ok((code, tail)) => {
                    at = Some(finer(at, code));
                    rest = tail.trim_start_matches(['/', '-', '>', ',', '，', '、', '·']);
                }
                // What follows a division that was found (a street, a zone) is no fault.
                Err(fault) if depth == 0 => return Err(fault),
                Err(_) => break,
            }
            depth += 1;
        }
        at.ok_or_else(|| PlaceFault::Unknown(text.to_string()))
    }

    /// A six-digit code of a known division, inside `within` if that is given; shorter codes are filled up with zeros.
    fn by_code(&self, text: &str, within: Option<RegionCode>) -> Option<RegionCode> {
        if !matches!(text.len(), 2 | 4 | 6) || !text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let code = RegionCode(format!("{text:0<6}").parse().ok()?);
        (self.names.contains_key(&code) && within.is_none_or(|w| contains(w, code))).then_some(code)
    }

    /// The longest known name at the start of `text` that fits inside `within`, and what follows it.
    fn step<'t>(
        &self,
        text: &'t str,
        within: Option<RegionCode>,
    ) -> Result<(RegionCode, &'t str), PlaceFault> {
        let mut outside = None;
        for (name, tail) in self.prefixes(text) {
            let all = &self.by_name[name];
            let mut fitting: Vec<RegionCode> =
                all.iter().copied().filter(|code| within.is_none_or(|w| contains(w, *code))).collect();
            // 吉林 after 吉林 is the city, 北京市 after 北京市 too.
            if fitting.len() > 1 {
                fitting.retain(|code| Some(*code) != within);
            }
            match self.choose(name, &fitting) {
                Some(code) => return Ok((code, tail)),
                None if fitting.is_empty() => outside = outside.or(Some(name)),
                None => return Err(PlaceFault::Ambiguous(name.to_string(), fitting)),
            }
        }
        match (outside, within) {
            (Some(name), Some(within)) => Err(PlaceFault::Outside(name.to_string(), within)),
            _ => Err(PlaceFault::Unknown(text.chars().take(20).collect())),
        }
    }

    /// One of several divisions with one name: the only one, or the only one that carries the whole name, or the city before its districts.
    ///
    /// A province that is also a city (北京市, 吉林省 / 吉林市) is meant as the province when nothing stands before it.
    fn choose(&self, name: &str, codes: &[RegionCode]) -> Option<RegionCode> {
        let only = |codes: &[RegionCode]| if let [one] = codes { Some(*one) } else { None };
        if let Some(one) = only(codes) {
            return Some(one);
        }
        let whole: Vec<RegionCode> =
            codes.iter().copied().filter(|code| self.names.get(code).is_some_and(|n| *n == name)).collect();
        let candidates = if whole.is_empty() { codes } else { &whole };
        let coarsest = candidates.iter().map(|code| level(*code)).min()?;
        // A short name of several districts is never guessed; a city goes before a district of the same short name.
        let top: Vec<RegionCode> =
            candidates.iter().copied().filter(|code| level(*code) == coarsest).collect();
        only(&top)
    }

    /// A district or city inside `within` whose whole name stands near the start of the address.
    fn inside_address(&self, address: &str, within: RegionCode) -> Option<RegionCode> {
        let mut best: Option<RegionCode> = None;
        let mut rest = address;
        for _ in 0..24 {
            let step = self.prefixes(rest).find_map(|(name, tail)| {
                let fitting: Vec<RegionCode> = self.by_name[name]
                    .iter()
                    .copied()
                    .filter(|code| {
                        contains(best.unwrap_or(within), *code)
                            && *code != within
                            && (self.names.get(code).is_some_and(|n| *n == name)
                                || RENAMED.iter().any(|(old, _)| *old == name)
                                || (level(*code) == Level::City
                                    && !tail
                                        .starts_with(['路', '街', '大', '道', '东', '西', '南', '北', '中'])))
                    })
                    .collect();
                self.choose(name, &fitting).map(|code| (code, tail))
            });
            match step {
                Some((code, tail)) => {
                    best = Some(code);
                    if level(code) == Level::District {
                        return best;
                    }
                    rest = tail;
                }
                None => {
                    let mut chars = rest.chars();
                    chars.next()?;
                    rest = chars.as_str();
                    if rest.is_empty() {
                        break;
                    }
                }
            }
        }
        best
    }

    /// The division that an address begins with; a district alone only if its name is whole and unique.
    fn by_address(&self, address: &str) -> Option<RegionCode> {
        let start = address.strip_prefix("中国(").unwrap_or(address);
        let (first, _) = self.step(start, None).ok()?;
        if level(first) == Level::District && !self.names.get(&first).is_some_and(|n| start.starts_with(n)) {
            return None;
        }
        Some(self.inside_address(start, first).map_or(first, |finer_one| finer(Some(first), finer_one)))
    }

    /// Every known name that `text` begins with, longest first, with what follows.
    fn prefixes<'t>(&self, text: &'t str) -> impl Iterator<Item = (&'static str, &'t str)> + use<'_, 't> {
        let ends: Vec<usize> =
            text.char_indices().map(|(i, c)| i + c.len_utf8()).take(self.longest).collect();
        ends.into_iter().rev().filter_map(move |end| {
            let (name, _) = self.by_name.get_key_value(&text[..end])?;
            Some((*name, &text[end..]))
        })
    }
}

/// Whether `inner` is `outer` or lies in it.
#[must_use]
pub fn contains(outer: RegionCode, inner: RegionCode) -> bool {
    match level(outer) {
        Level::Province => inner.province() == outer,
        Level::City => inner.city() == outer,
        Level::District => inner == outer,
    }
}

fn finer(at: Option<RegionCode>, code: RegionCode) -> RegionCode {
    match at {
        Some(old) if level(old) > level(code) && contains(code, old) => old,
        _ => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(province: &str, city: &str, district: &str, address: &str) -> Option<u32> {
        locate(PlaceTexts { province, city, district, address }).0.map(|(code, _)| code.0)
    }

    #[test]
    fn reads_names_with_and_without_their_kind() {
        for (text, code) in [
            ("江苏", 320_000),
            ("江苏省", 320_000),
            ("内蒙古", 150_000),
            ("镇江", 321_100),
            ("镇江市", 321_100),
            ("江苏省镇江市京口区", 321_102),
            ("江苏镇江京口", 321_102),
            ("江苏/镇江/京口", 321_102),
            ("京口区", 321_102),
            ("延边州", 222_400),
            ("恩施", 422_800),
            ("321102", 321_102),
            ("3211", 321_100),
            ("浦东", 310_115),
            ("香港", 810_000),
        ] {
            assert_eq!(parse(text).map(|c| c.0), Ok(code), "{text}");
        }
    }

    #[test]
    fn an_ambiguous_district_needs_its_parent() {
        assert!(matches!(parse("鼓楼区"), Err(PlaceFault::Ambiguous(_, codes)) if codes.len() >= 4));
        assert_eq!(at("江苏", "南京", "鼓楼区", ""), Some(320_106));
        assert_eq!(at("江苏", "徐州", "鼓楼", ""), Some(320_302));
        let (found, faults) =
            locate(PlaceTexts { province: "江苏", city: "南京", district: "京口区", address: "" });
        assert_eq!(found.map(|(code, _)| code.0), Some(320_100));
        assert!(matches!(&faults[..], [PlaceFault::Outside(name, _)] if name == "京口区"));
        assert_eq!(parse("亚特兰蒂斯"), Err(PlaceFault::Unknown("亚特兰蒂斯".into())));
    }

    #[test]
    fn columns_come_before_the_address() {
        assert_eq!(at("江苏", "镇江", "N/A", "镇江市丹徒区长江路1号"), Some(321_112));
        assert_eq!(at("江苏", "镇江", "", "北京市海淀区中关村1号"), Some(321_100));
        assert_eq!(at("", "", "", "江苏省镇江市京口区学府路1号"), Some(321_102));
        assert_eq!(at("", "", "", "中国（四川）自由贸易试验区成都高新区天府大道"), Some(510_100));
        assert_eq!(at("", "", "", "高新区火炬路9号"), None);
        assert_eq!(at("N/A", "N/A", "", ""), None);
    }

    #[test]
    fn municipalities_and_provinces_named_like_their_city() {
        assert_eq!(at("吉林", "吉林", "", ""), Some(220_200));
        assert_eq!(at("吉林省", "", "", ""), Some(220_000));
        assert_eq!(at("北京市", "北京市", "海淀区", ""), Some(110_108));
        assert_eq!(at("天津", "滨海", "", ""), Some(120_116));
        assert_eq!(at("重庆市", "九龙坡", "", ""), Some(500_107));
        assert_eq!(at("河南", "济源", "", ""), Some(419_001));
    }

    #[test]
    fn every_official_name_finds_its_own_code() {
        let mut wrong = Vec::new();
        for (code, _) in all() {
            let full = full_name(code).unwrap();
            if parse(&full) != Ok(code)
                && !(code.0 % 10_000 == 100 && ["11", "12", "31", "50"].contains(&&code.0.to_string()[..2]))
            {
                wrong.push((code.0, full));
            }
        }
        assert!(wrong.is_empty(), "{} {wrong:?}", wrong.len());
    }
}
