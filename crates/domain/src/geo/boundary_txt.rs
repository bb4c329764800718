//! 界址点 TXT: the text in which land departments exchange the corners of parcels (勘测定界界址点坐标), as plane metres of a Gauss–Krüger zone.
//!
//! ```text
//! [属性描述]
//! 坐标系=2000国家大地坐标系
//! 几度分带=3
//! 投影类型=高斯克吕格
//! 计量单位=米
//! 带号=40
//! [地块坐标]
//! 5,4.0000,DK-1,一号地,面,,工业用地,,@
//! J1,1,3564929.540,40451234.000
//! ```
//!
//! A parcel's head is 点数, 面积 (公顷), 编号, 名称, 图形属性, 图幅号, 用途, 地类编码, @; a point is its number, its outline (圈号: 1 outside, others
//! holes), X to the north and Y to the east, with the number of the zone before Y or without. Software differs in what it leaves empty or adds before
//! the @, and whether the first point is repeated and counted; all of that is read. What would move ground is refused: another datum, a
//! zone that does not fit, a point too few.
//!
//! Coordinates are whole tenths of a millimetre, so crossings and areas are exact. The area is that of the plane, as surveys state it.

mod parcel;

use super::Polygon;
use super::gauss::Zone;
use crate::inventory::Fault;
use crate::inventory::schema::land::USES;
use crate::land::area::{Area, Unit};
use crate::{limits, text};
use parcel::Reader;

/// Headings of [`Boundaries::rows`], as the inventory of parcels knows them.
pub const HEADINGS: [&str; 5] = ["编号", "名称", "规划用途", "面积", super::features::SHAPE];

/// Parcels of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Boundaries {
    /// In the order of the file.
    pub parcels: Vec<Parcel>,
}

/// A parcel as its head and its points say.
#[derive(Clone, Debug, PartialEq)]
pub struct Parcel {
    /// The line of its head, from 1.
    pub line: usize,
    /// 地块编号.
    pub code: String,
    /// 地块名称.
    pub name: String,
    /// 地块用途, as written.
    pub usage: String,
    /// The area that its head states, hundredths of a square metre; `None` when it is left empty or 0.
    pub stated: Option<i64>,
    /// The area of its points on the plane, without holes, hundredths of a square metre.
    pub area: i64,
    /// Its outline; `None` when there are faults.
    pub outline: Option<Polygon>,
    /// Why it cannot be taken.
    pub faults: Vec<Note>,
    /// What should be looked at.
    pub warnings: Vec<Note>,
}

/// Something to tell of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The line, from 1; 0 for the file.
    pub line: usize,
    /// What it is and what to do, in Chinese and English.
    pub said: Fault,
}

/// A row for the inventory: the line of the parcel's head, cells under [`HEADINGS`], and why it cannot be taken.
pub type Row = (u64, Vec<String>, Vec<Fault>);

impl Note {
    fn new(line: usize, zh: impl Into<String>, en: impl Into<String>) -> Note {
        Note { line, said: (zh.into(), en.into()) }
    }

    /// In Chinese and English, with the line before.
    #[must_use]
    pub fn texts(&self) -> Fault {
        let (zh, en) = &self.said;
        if self.line == 0 {
            return self.said.clone();
        }
        (format!("第 {} 行：{zh}", self.line), format!("line {}: {en}", self.line))
    }
}

impl Boundaries {
    /// The parcels as rows of a table of parcels, one each.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        let row = |p: &Parcel| {
            let area = Area::from_hundredths(p.area).map(|a| a.text(Unit::SquareMetre)).unwrap_or_default();
            let shape = p.outline.as_ref().map(ToString::to_string).unwrap_or_default();
            let usage = usage(&p.usage).unwrap_or_default().to_string();
            let cells = vec![p.code.clone(), p.name.clone(), usage, area, shape];
            (p.line as u64, cells, p.faults.iter().map(Note::texts).collect())
        };
        self.parcels.iter().map(row).collect()
    }

    /// What should be looked at before the rows are taken, parcel by parcel.
    #[must_use]
    pub fn warnings(&self) -> Vec<Fault> {
        self.parcels.iter().flat_map(|p| &p.warnings).map(Note::texts).collect()
    }
}

/// Whether a text looks like such a file.
#[must_use]
pub fn is_boundary_txt(start: &str) -> bool {
    start.lines().any(|line| matches!(section(&text::squeeze(line)), Some("属性描述" | "地块坐标")))
}

/// Reads a file. A fault of one parcel stands at that parcel, the others are read.
///
/// # Errors
/// What makes the whole file unreadable: a section that is missing, another datum, projection, unit or zone than can be converted, too many parcels.
pub fn read(text: &str) -> Result<Boundaries, Vec<Note>> {
    let raw = Raw::read(text);
    let mut faults = raw.faults;
    let zone = frame(&raw.attributes, raw.described, &mut faults);
    if !raw.located {
        faults.push(Note::new(
            0,
            "缺少 [地块坐标] 一节：在地块表头和界址点之前写上这一行",
            "the section [地块坐标] is missing: write it before the heads and points of the parcels",
        ));
    } else if raw.parcels.is_empty() {
        faults.push(Note::new(
            0,
            "[地块坐标] 中没有地块：每个地块以“点数,面积,地块编号,地块名称,面,图幅号,用途,地类编码,@”开头",
            "[地块坐标] holds no parcel: each begins with 点数,面积,地块编号,地块名称,面,图幅号,用途,地类编码,@",
        ));
    } else if raw.parcels.len() > limits::INVENTORY_ROWS {
        let most = limits::INVENTORY_ROWS;
        faults.push(Note::new(
            0,
            format!("至多 {most} 个地块，请拆分"),
            format!("at most {most} parcels; split the file"),
        ));
    }
    if !faults.is_empty() {
        faults.truncate(limits::BOUNDARY_FAULTS);
        return Err(faults);
    }
    let mut reader = Reader { zone };
    Ok(Boundaries { parcels: raw.parcels.iter().map(|p| reader.parcel(p)).collect() })
}

/// The file as lines of its sections.
#[derive(Default)]
struct Raw<'a> {
    described: bool,
    located: bool,
    /// Name, value and line of each attribute.
    attributes: Vec<(String, String, usize)>,
    parcels: Vec<RawParcel<'a>>,
    faults: Vec<Note>,
}

/// A head and its points, each with its line.
struct RawParcel<'a> {
    line: usize,
    head: Vec<&'a str>,
    points: Vec<(usize, Vec<&'a str>)>,
}

impl<'a> Raw<'a> {
    fn read(text: &'a str) -> Raw<'a> {
        let (mut raw, mut here) = (Raw::default(), String::new());
        for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
            let line = line.trim();
            if line.is_empty() {
                continue;
            }
            if line.starts_with(['[', '【'])
                && let Some(name) = section(&text::squeeze(line))
            {
                here = name.to_string();
                raw.described |= here == "属性描述";
                raw.located |= here == "地块坐标";
                continue;
            }
            match here.as_str() {
                "属性描述" => {
                    let (name, value) = line.split_once(['=', '＝']).unwrap_or((line, ""));
                    raw.attributes.push((text::squeeze(name), text::squeeze(value), number));
                }
                "地块坐标" => raw.located(number, line),
                // Other sections (项目信息) say nothing of where a parcel lies.
                _ => {}
            }
        }
        raw
    }

    fn located(&mut self, number: usize, line: &'a str) {
        let mut cells: Vec<&str> = line.split([',', '，']).map(str::trim).collect();
        let marked = cells.last() == Some(&"@");
        // A point has four parts; software that forgets the @ still writes the places before it.
        if marked || cells.len() >= 7 {
            if marked {
                cells.pop();
            }
            self.parcels.push(RawParcel { line: number, head: cells, points: Vec::new() });
        } else if let Some(parcel) = self.parcels.last_mut() {
            parcel.points.push((number, cells));
        } else if self.faults.len() < limits::BOUNDARY_FAULTS {
            self.faults.push(Note::new(
                number,
                "界址点前没有地块表头：先写“点数,面积,地块编号,地块名称,面,图幅号,用途,地类编码,@”",
                "a point before any parcel: first write 点数,面积,地块编号,地块名称,面,图幅号,用途,地类编码,@",
            ));
        }
    }
}

/// The name in the brackets of a line without spaces.
fn section(line: &str) -> Option<&str> {
    line.trim_start_matches('\u{feff}').strip_prefix(['[', '【'])?.strip_suffix([']', '】'])
}

/// Checks what the coordinates mean; the zone, if the attributes name it.
fn frame(attributes: &[(String, String, usize)], described: bool, faults: &mut Vec<Note>) -> Option<Zone> {
    if !described {
        faults.push(Note::new(
            0,
            "缺少 [属性描述] 一节：须写明坐标系、几度分带、计量单位和带号",
            "the section [属性描述] is missing: it says 坐标系, 几度分带, 计量单位 and 带号",
        ));
        return None;
    }
    let find = |names: &[&str]| {
        attributes.iter().find(|(n, ..)| names.contains(&n.as_str())).map(|(_, v, line)| (v.as_str(), *line))
    };
    let (value, line) = find(&["坐标系"]).unwrap_or_default();
    faults.extend(datum(value, line));
    if let Some((value, line)) = find(&["投影类型"])
        && !(value.is_empty() || value.contains("高斯") || value.to_lowercase().contains("gauss"))
    {
        faults.push(Note::new(
            line,
            format!("投影类型“{value}”不支持：请导出为高斯克吕格投影"),
            format!("投影类型 “{value}” cannot be read: export in the projection 高斯克吕格 (Gauss–Krüger)"),
        ));
    }
    if let Some((value, line)) = find(&["计量单位"])
        && !matches!(value.to_lowercase().as_str(), "" | "米" | "m" | "公尺" | "meter" | "metre")
    {
        faults.push(Note::new(
            line,
            format!("计量单位“{value}”不支持：请导出为平面坐标，单位写“米”"),
            format!("计量单位 “{value}” cannot be read: export plane coordinates, with the unit 米"),
        ));
    }
    let (width, width_line) = find(&["几度分带", "分带"]).unwrap_or_default();
    let degrees = match width.trim_end_matches('带').trim_end_matches(['度', '°']) {
        "" => None,
        "3" | "三" => Some(3),
        "6" | "六" => Some(6),
        _ => {
            faults.push(Note::new(
                width_line,
                format!("几度分带“{width}”不支持：只能是 3 或 6，请转换到 3 度带后再导出"),
                format!("几度分带 “{width}” cannot be read: it is 3 or 6; convert to a zone of 3° and export again"),
            ));
            None
        }
    };
    let (number, line) = find(&["带号"]).filter(|(v, _)| !v.is_empty())?;
    let zone = number.trim_end_matches('带').parse().ok().and_then(Zone::of);
    match (zone, degrees) {
        (Some(zone), None) => return Some(zone),
        (Some(zone), Some(degrees)) if zone.width() == degrees => return Some(zone),
        (Some(zone), Some(degrees)) => faults.push(Note::new(
            line,
            format!(
                "带号 {number} 是 {} 度带，与几度分带={degrees} 不符：3 度带为 25–45，6 度带为 13–23，请改正其一",
                zone.width()
            ),
            format!(
                "带号 {number} is a zone of {}°, but 几度分带 says {degrees}: zones of 3° are 25 to 45, of 6° 13 to 23; correct one",
                zone.width()
            ),
        )),
        (None, _) => faults.push(Note::new(
            line,
            format!("带号“{number}”不在中国范围内：3 度带为 25–45，6 度带为 13–23"),
            format!("带号 “{number}” is no zone of China: zones of 3° are 25 to 45, of 6° 13 to 23"),
        )),
    }
    None
}

/// Why a datum cannot be read; nothing when it is CGCS2000.
fn datum(value: &str, line: usize) -> Option<Note> {
    let upper = value.to_uppercase();
    let has = |words: &[&str]| words.iter().any(|w| upper.contains(w));
    let own = has(&["独立", "地方", "城市", "工程"]);
    if !own && (upper == "2000" || (upper.contains("2000") && has(&["国家", "大地", "CGCS"]))) {
        return None;
    }
    let (name, why) = match () {
        () if value.is_empty() => {
            return Some(Note::new(
                line,
                "缺少“坐标系”：确认是 2000国家大地坐标系后写上 坐标系=2000国家大地坐标系",
                "坐标系 is missing: when it is CGCS2000, write 坐标系=2000国家大地坐标系",
            ));
        }
        () if own => ("地方坐标系", "a local system"),
        () if has(&["54", "北京"]) => ("1954 北京坐标系", "Beijing 1954"),
        () if has(&["80", "西安"]) => ("1980 西安坐标系", "Xi'an 1980"),
        () => ("未知坐标系", "not known"),
    };
    Some(Note::new(
        line,
        format!(
            "坐标系“{value}”（{name}）与 2000国家大地坐标系可能相差上百米，不能直接导入：请自然资源部门用当地转换参数转成 2000国家大地坐标系后再导出"
        ),
        format!(
            "坐标系 “{value}” ({why}) may lie a hundred metres or more from CGCS2000: \
             have the land department convert it with the local parameters to 2000国家大地坐标系 and export again"
        ),
    ))
}

/// The planned use that a written use (工业用地, 二类工业用地, 0601工业用地) stands for; `None` when it is none that the inventory knows. The
/// code of the land class alone is not read: 0601 is industry in GB/T 21010 and a farm road in the classification of 2023.
#[must_use]
pub fn usage(written: &str) -> Option<&'static str> {
    let squeezed = text::squeeze(written);
    let word = squeezed.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
    let word = word.split('(').next().unwrap_or(word);
    let word = ["一类", "二类", "三类", "其他"].iter().find_map(|p| word.strip_prefix(p)).unwrap_or(word);
    let word = word.trim_end_matches("用地");
    let known = match word {
        "新型工业" => "new_industrial",
        "科研" | "科技研发" => "research",
        "物流仓储" | "物流" => "storage",
        "商务金融" | "商务" => "office",
        "商业" | "商业服务业" | "零售商业" | "批发市场" => "commercial",
        "公共管理与公共服务" | "公用设施" => "public",
        _ => USES.iter().find(|(_, zh, _)| *zh == word)?.0,
    };
    Some(known)
}

#[cfg(test)]
mod tests;
