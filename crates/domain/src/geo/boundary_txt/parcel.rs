//! One parcel of a 界址点 file: its head, its points, its outlines, and every check of them.

use super::super::exact::{self, At};
use super::super::gauss::Zone;
use super::super::{GeoFault, Point, Polygon, UNIT};
use super::{Note, Parcel, RawParcel, usage};
use crate::{limits, text};

/// Tenths of a millimetre in a metre.
const METRE: i64 = 10_000;
/// Squares of a tenth of a millimetre in a hundredth of a square metre.
const HUNDREDTH: i128 = 1_000_000;
/// Metres north of the equator at which China begins and ends.
const NORTH: std::ops::RangeInclusive<i64> = 300_000..=6_000_000;

/// Reads parcels one after another; the zone of the file is found with the first point when the head does not say it.
pub(super) struct Reader {
    pub(super) zone: Option<Zone>,
}

/// A point with its number and line.
struct Corner<'a> {
    line: usize,
    name: &'a str,
    /// East without the zone, and north, in tenths of a millimetre.
    at: At,
}

struct Ring<'a> {
    number: i64,
    corners: Vec<Corner<'a>>,
}

impl Reader {
    pub(super) fn parcel(&mut self, raw: &RawParcel) -> Parcel {
        let cell = |n: usize| raw.head.get(n).map(|c| text::squeeze(c)).unwrap_or_default();
        let line = raw.line;
        let mut faults = Vec::new();
        if raw.head.len() < 5 {
            let n = raw.head.len();
            faults.push(Note::new(
                line,
                format!(
                    "地块表头只有 {n} 项，应依次为：点数,面积,地块编号,地块名称,面,图幅号,用途,地类编码,@"
                ),
                format!(
                    "the head has {n} parts; it is 点数,面积,地块编号,地块名称,面,图幅号,用途,地类编码,@"
                ),
            ));
        }
        let figure = cell(4);
        if !matches!(figure.as_str(), "" | "面") {
            faults.push(Note::new(
                line,
                format!("图形属性是“{figure}”，只能导入“面”：点、线不是地块"),
                format!("图形属性 is “{figure}”: only 面 is a parcel, points and lines are none"),
            ));
        }
        let stated = stated(&cell(1), line, &mut faults);
        let mut rings = self.rings(raw, &mut faults);
        let closings = close(&mut rings, &mut faults);
        if faults.is_empty() {
            faults.extend(count(&cell(0), raw, closings));
        }
        for ring in &rings {
            faults.extend(check(ring, line));
        }
        let area = if faults.is_empty() { area(&rings) } else { 0 };
        let outline = self.outline(&rings, line, &mut faults);
        faults.truncate(limits::BOUNDARY_FAULTS);
        let mut parcel = Parcel {
            line,
            code: raw.head.get(2).map(|c| text::fold(c).into_owned()).unwrap_or_default(),
            name: raw.head.get(3).map(|c| text::fold(c).into_owned()).unwrap_or_default(),
            usage: raw.head.get(6).map(|c| text::fold(c).into_owned()).unwrap_or_default(),
            stated,
            area,
            outline,
            faults,
            warnings: Vec::new(),
        };
        parcel.warnings = warnings(&parcel);
        parcel
    }

    /// The points of each outline, in the order in which outlines begin.
    fn rings<'a>(&mut self, raw: &RawParcel<'a>, faults: &mut Vec<Note>) -> Vec<Ring<'a>> {
        let mut rings: Vec<Ring> = Vec::new();
        for (line, cells) in &raw.points {
            let (number, corner) = match self.corner(*line, cells) {
                Ok(read) => read,
                Err(note) => {
                    faults.push(note);
                    if faults.len() >= limits::BOUNDARY_FAULTS {
                        break;
                    }
                    continue;
                }
            };
            match rings.iter().rposition(|r| r.number == number) {
                Some(n) => rings[n].corners.push(corner),
                None if rings.len() >= limits::BOUNDARY_RINGS => {
                    let most = limits::BOUNDARY_RINGS;
                    faults.push(Note::new(
                        *line,
                        format!("一个地块至多 {most} 圈，请拆成几个地块"),
                        format!("a parcel has at most {most} outlines; split it"),
                    ));
                    break;
                }
                None => rings.push(Ring { number, corners: vec![corner] }),
            }
        }
        rings
    }

    /// The number of a point's outline, and the point.
    fn corner<'a>(&mut self, line: usize, cells: &[&'a str]) -> Result<(i64, Corner<'a>), Note> {
        let n = cells.len();
        let [name, ring, north, east] = *cells else {
            return Err(Note::new(
                line,
                format!("界址点应有 4 项：点号,圈号,X（北）,Y（东），读到 {n} 项"),
                format!("a point has 4 parts: 点号,圈号,X (north),Y (east); read {n}"),
            ));
        };
        let number = ring.parse::<i64>().ok().filter(|n| *n > 0).ok_or_else(|| {
            let ring = short(ring);
            Note::new(
                line,
                format!("圈号“{ring}”应为 1、2、3…：1 是外圈，其余是洞"),
                format!("圈号 “{ring}” is 1, 2, 3 …: 1 is the outside, the others are holes"),
            )
        })?;
        let read = |axis: &str, cell: &str| {
            decimal(cell, 4).ok_or_else(|| {
                let cell = short(cell);
                Note::new(
                    line,
                    format!("{axis} 坐标“{cell}”不是数：写成以米为单位的平面坐标，如 3564929.540"),
                    format!("{axis} “{cell}” is no number: write plane metres such as 3564929.540"),
                )
            })
        };
        let (north, east) = (read("X", north)?, read("Y", east)?);
        let (m_north, m_east) = (north / METRE, east / METRE);
        if !NORTH.contains(&m_north) {
            let swapped = NORTH.contains(&m_east) || m_north >= 10_000_000;
            let (zh, en) = match swapped {
                true => (
                    "X、Y 可能写反了：X 是北方向（7 位），Y 是东方向",
                    "X and Y seem to be swapped: X is north (7 digits), Y east",
                ),
                false => ("X 是北方向平面坐标，单位米（7 位）", "X is plane metres to the north (7 digits)"),
            };
            return Err(Note::new(
                line,
                format!("X 坐标 {m_north} 不在中国范围内；{zh}"),
                format!("X {m_north} lies outside China; {en}"),
            ));
        }
        let zone = self.zone_of(line, m_east)?;
        let east = east - m_east / 1_000_000 * 1_000_000 * METRE;
        let (lon, _) = zone.locate(metres(north), metres(east));
        let off = lon - degrees(zone.meridian());
        if off.abs() > degrees(zone.width()) / 2.0 + limits::BOUNDARY_BEYOND_ZONE {
            let (width, number) = (zone.width(), zone.number());
            return Err(Note::new(
                line,
                format!(
                    "离第 {number} 带中央子午线 {:.1} 度，超出 {width} 度带：请核对带号和 Y 坐标",
                    off.abs()
                ),
                format!(
                    "{:.1}° from the meridian of zone {number}, beyond a zone of {width}°: check 带号 and Y",
                    off.abs()
                ),
            ));
        }
        Ok((number, Corner { line, name, at: (east, north) }))
    }

    /// The zone of a point, from the file or from the two digits before its Y.
    fn zone_of(&mut self, line: usize, east: i64) -> Result<Zone, Note> {
        match (east / 1_000_000, self.zone) {
            (0, Some(zone)) => Ok(zone),
            (0, None) => Err(Note::new(
                line,
                "不知道带号：在 [属性描述] 写上 带号=…，或在 Y 坐标前加两位带号（8 位）",
                "the zone is not known: write 带号=… under [属性描述], or put its two digits before Y (8 digits)",
            )),
            (said, Some(zone)) if said == zone.number() => Ok(zone),
            (said, Some(zone)) => {
                let number = zone.number();
                Err(Note::new(
                    line,
                    format!("Y 坐标的带号是 {said}，而本文件的带号是 {number}：请改正其一，或换带后再导出"),
                    format!(
                        "Y says zone {said}, the file zone {number}: correct one, or convert to one zone and export again"
                    ),
                ))
            }
            (said, None) => match Zone::of(said) {
                Some(zone) => {
                    self.zone = Some(zone);
                    Ok(zone)
                }
                None => Err(Note::new(
                    line,
                    format!("Y 坐标 {east} 读不懂：应为 6 位米数，或前加两位带号共 8 位"),
                    format!("Y {east} cannot be read: 6 digits of metres, or 8 with the zone before"),
                )),
            },
        }
    }

    /// The one outline in longitude and latitude.
    fn outline(&self, rings: &[Ring], line: usize, faults: &mut Vec<Note>) -> Option<Polygon> {
        if !faults.is_empty() {
            return None;
        }
        let Some(outer) = rings.iter().find(|r| r.number == 1) else {
            faults.push(Note::new(
                line,
                "没有圈号为 1 的界址点：外圈圈号写 1",
                "no point with 圈号 1: the outside is 1",
            ));
            return None;
        };
        let around = outer.ring();
        for hole in rings.iter().filter(|r| r.number != 1) {
            let (number, at) = (hole.number, hole.corners[0].line);
            faults.push(match exact::within(&hole.ring(), &around) {
                true => Note::new(
                    at,
                    format!("第 {number} 圈是洞，台账的界址不含洞：请把地块拆成不含洞的几块，或把洞单列为地块"),
                    format!("outline {number} is a hole, and boundaries here have none: split the parcel into parts without holes"),
                ),
                false => Note::new(
                    at,
                    format!("第 {number} 圈不在外圈之内（在外或相交）：若是另一块地，请另写一个地块表头，圈号写 1"),
                    format!("outline {number} does not lie inside the outer one: if it is other ground, give it a head of its own with 圈号 1"),
                ),
            });
        }
        let zone = self.zone.filter(|_| faults.is_empty())?;
        let place = |c: &Corner| {
            let (lon, lat) = zone.locate(metres(c.at.1), metres(c.at.0));
            Point { lon: whole(lon), lat: whole(lat) }
        };
        match Polygon::of(outer.corners.iter().map(place).collect()) {
            Ok(polygon) => Some(polygon),
            Err(fault) => {
                let (zh, en) = match fault {
                    GeoFault::Crosses(..) => (
                        "界址在换算成经纬度（1 厘米）后自相交：有的边相距不到 1 厘米，请核对".to_string(),
                        "in degrees (to 1 cm) the boundary crosses itself: two edges lie within a centimetre; check them".to_string(),
                    ),
                    other => other.texts(),
                };
                faults.push(Note::new(line, zh, en));
                None
            }
        }
    }
}

impl Ring<'_> {
    fn ring(&self) -> Vec<At> {
        self.corners.iter().map(|c| c.at).collect()
    }

    /// An edge as people find it: its points by name, with the line of the first.
    fn edge(&self, from: usize) -> (String, usize) {
        let (a, b) = (&self.corners[from], &self.corners[(from + 1) % self.corners.len()]);
        (format!("{}→{}", short(a.name), short(b.name)), a.line)
    }
}

/// Drops the point that closes each outline, and points that repeat the one before; how many points closed.
fn close(rings: &mut [Ring], faults: &mut Vec<Note>) -> usize {
    let mut closings = 0;
    for ring in rings {
        let n = ring.corners.len();
        let (first, last) = (&ring.corners[0], &ring.corners[n - 1]);
        if n > 1 && first.at == last.at {
            closings += 1;
            ring.corners.pop();
        } else if n > 3 && !first.name.is_empty() && first.name == last.name {
            let (name, line) = (short(first.name), first.line);
            faults.push(Note::new(
                last.line,
                format!("闭合点 {name} 的坐标与第 {line} 行的起点不一致：请核对坐标，或改正点号"),
                format!("{name} closes the outline, but is not where line {line} begins it: check the coordinates, or the point's number"),
            ));
        }
        ring.corners.dedup_by_key(|c| c.at);
    }
    closings
}

/// Whether the stated number of points is right, with or without those that close.
fn count(said: &str, raw: &RawParcel, closings: usize) -> Option<Note> {
    let (read, line) = (raw.points.len(), raw.line);
    match said.parse::<usize>() {
        Ok(n) if n == read || n + closings == read => None,
        Ok(n) => Some(Note::new(
            line,
            format!("表头写 {n} 点，实际读到 {read} 点（其中闭合点 {closings} 个）：请补齐界址点或改正点数"),
            format!(
                "the head says {n} points, {read} were read ({closings} of them close an outline): add what is missing, or correct the number"
            ),
        )),
        Err(_) => Some(Note::new(
            line,
            format!("点数“{}”不是数：写界址点的个数", short(said)),
            format!("点数 “{}” is no number: write how many points follow", short(said)),
        )),
    }
}

/// What is wrong with one outline on the plane.
fn check(ring: &Ring, head: usize) -> Option<Note> {
    let line = ring.corners.first().map_or(head, |c| c.line);
    let number = ring.number;
    if ring.corners.len() < 3 {
        let (zh, en) = GeoFault::Few.texts();
        return Some(Note::new(line, format!("第 {number} 圈：{zh}"), format!("outline {number}: {en}")));
    }
    if ring.corners.len() > limits::BOUNDARY_POINTS {
        let (zh, en) = GeoFault::Many.texts();
        return Some(Note::new(line, format!("第 {number} 圈：{zh}"), format!("outline {number}: {en}")));
    }
    let (a, b) = exact::crossing(&ring.ring())?;
    let ((first, line), (second, other)) = (ring.edge(a), ring.edge(b));
    Some(Note::new(
        line,
        format!("第 {number} 圈自相交：边 {first} 与边 {second}（第 {other} 行）相交或重合，请检查点的顺序"),
        format!(
            "outline {number} crosses itself: edge {first} meets edge {second} (line {other}); check the order of the points"
        ),
    ))
}

/// The outer outline without its holes, hundredths of a square metre, rounded half up.
fn area(rings: &[Ring]) -> i64 {
    let doubled = |r: &Ring| exact::doubled_area(&r.ring()).abs();
    let sum: i128 = rings.iter().map(|r| if r.number == 1 { doubled(r) } else { -doubled(r) }).sum();
    i64::try_from((sum.max(0) + HUNDREDTH) / (2 * HUNDREDTH)).unwrap_or(i64::MAX)
}

/// The area of the head, 公顷, as hundredths of a square metre.
fn stated(said: &str, line: usize, faults: &mut Vec<Note>) -> Option<i64> {
    let number = said.trim_end_matches("公顷");
    if number.is_empty() {
        return None;
    }
    let read = decimal(number, 6);
    if read.is_none() {
        faults.push(Note::new(
            line,
            format!("面积“{}”不是数：写成公顷，如 4.0021", short(said)),
            format!("面积 “{}” is no number: write hectares such as 4.0021", short(said)),
        ));
    }
    read.filter(|n| *n > 0)
}

fn warnings(parcel: &Parcel) -> Vec<Note> {
    let (mut found, line) = (Vec::new(), parcel.line);
    if let Some(stated) = parcel.stated.filter(|_| parcel.outline.is_some()) {
        let area = parcel.area;
        let tolerance =
            (area / 1_000 * limits::BOUNDARY_AREA_PER_MILLE).max(limits::BOUNDARY_AREA_HUNDREDTHS);
        if (stated - area).abs() > tolerance {
            let near = |times: i64| (stated / times - area).abs() <= area / 100;
            let (zh, en) = match () {
                () if near(15) => ("表头可能写成了亩", "the head may be in mu"),
                () if near(10_000) => ("表头可能写成了平方米", "the head may be in square metres"),
                () => ("请核对界址点与面积", "check the points and the area"),
            };
            let hectares = |n: i64| crate::inventory::field::decimals(n, 1_000_000);
            let (stated, area) = (hectares(stated), hectares(area));
            found.push(Note::new(
                line,
                format!("表头面积 {stated} 公顷，按界址点计算为 {area} 公顷，采用计算值；{zh}"),
                format!("the head says {stated} ha, the points make {area} ha, which is taken; {en}"),
            ));
        }
    }
    if !parcel.usage.is_empty() && usage(&parcel.usage).is_none() {
        let written = short(&parcel.usage);
        found.push(Note::new(
            line,
            format!("地块用途“{written}”不对应台账的规划用途，未采用：新地块请先在文件中写工业用地、仓储用地、科研用地等，或导入前在台账建好"),
            format!("地块用途 “{written}” is no planned use of the inventory and is left out: \
                 for a new parcel write 工业用地, 仓储用地, 科研用地 …, or make the record first"),
        ));
    }
    found
}

/// A decimal without sign as a whole number of 10^-places, rounded half up; at most nine digits before the point.
fn decimal(text: &str, places: usize) -> Option<i64> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let plain = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 9 || !plain(whole) || !plain(rest) {
        return None;
    }
    let kept: String = rest.chars().chain("0000000".chars()).take(places).collect();
    let up = rest.as_bytes().get(places).is_some_and(|d| *d >= b'5');
    format!("{whole}{kept}").parse::<i64>().ok().map(|n| n + i64::from(up))
}

fn short(text: &str) -> String {
    text.chars().take(24).collect()
}

#[expect(clippy::cast_precision_loss, reason = "tenths of a millimetre of a zone fit 52 bits")]
fn metres(n: i64) -> f64 {
    n as f64 / METRE as f64
}

#[expect(clippy::cast_precision_loss, reason = "degrees are few")]
fn degrees(n: i64) -> f64 {
    n as f64
}

#[expect(clippy::cast_possible_truncation, reason = "degrees of the globe fit an i64")]
fn whole(degrees: f64) -> i64 {
    (degrees * UNIT).round() as i64
}
