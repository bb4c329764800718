//! Boundaries of ground: longitudes and latitudes in CGCS2000 (EPSG:4490), held as whole 10^-7 degrees; areas, neighbours, drawing.
//!
//! Lengths need real numbers, so this file computes in `f64`; there is no money here. Within a zone (20 km) the local plane about a corner,
//! with the radii of the GRS80 ellipsoid, differs from a survey by less than 0.1 %: enough to find and to draw, never to fix a boundary.
//! Map sheets say so.

pub mod boundary_txt;
mod exact;
pub mod features;
pub mod gauss;

use crate::limits;
use std::fmt;

/// Semi-major axis of GRS80 (the ellipsoid of CGCS2000), metres.
const AXIS: f64 = 6_378_137.0;
/// First eccentricity of GRS80, squared.
const ECCENTRICITY: f64 = 0.006_694_380_022_90;
/// Units of a degree.
const UNIT: f64 = 1e7;
/// Boundaries closer than this, metres, are taken to touch: a surveyed gap, a hedge, not a road.
const TOUCH: f64 = 3.0;
/// Metres along which two boundaries must touch: more than a corner.
const SHARED: f64 = 10.0;
/// Metres by which ground must reach into other ground to overlap it; less is the error of a survey.
const DEEP: f64 = 1.0;

/// A corner: longitude and latitude in 10^-7 degrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Point {
    /// Longitude.
    pub lon: i64,
    /// Latitude.
    pub lat: i64,
}

impl Point {
    fn at(self) -> exact::At {
        (self.lon, self.lat)
    }
}

/// A piece of ground with one outline, without holes. The first corner is not repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Polygon(Vec<Point>);

/// Why a text is no boundary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GeoFault {
    /// Not of the form `POLYGON((lon lat, …))`.
    Form,
    /// A number that cannot be read.
    Number(String),
    /// Fewer than three corners.
    Few,
    /// More corners than a boundary may have.
    Many,
    /// Outside China; whether longitude and latitude may be swapped.
    Outside(String, bool),
    /// It crosses itself: the numbers, from 1, of the corners where two edges begin that cross, touch or run back along each other.
    Crosses(usize, usize),
    /// It has a hole, or several parts.
    Parts,
}

impl GeoFault {
    /// What is wrong and what to do, in Chinese and English.
    #[must_use]
    pub fn texts(&self) -> (String, String) {
        let both = |zh: &str, en: &str| (zh.to_string(), en.to_string());
        match self {
            GeoFault::Form => both(
                "界址应写成 POLYGON((经度 纬度, 经度 纬度, …))，CGCS2000 度",
                "write a boundary as POLYGON((lon lat, lon lat, …)), degrees of CGCS2000",
            ),
            GeoFault::Number(t) => (format!("界址中的“{t}”不是数"), format!("boundary: “{t}” is no number")),
            GeoFault::Few => {
                both("界址至少要有三个不同的点", "a boundary has at least three different corners")
            }
            GeoFault::Many => (
                format!("界址至多 {} 个点，请简化", limits::BOUNDARY_POINTS),
                format!("a boundary has at most {} corners; simplify it", limits::BOUNDARY_POINTS),
            ),
            GeoFault::Outside(t, true) => (
                format!("界址点“{t}”不在中国范围内，经纬度可能写反了（先经度后纬度）"),
                format!("corner “{t}” lies outside China; longitude comes before latitude"),
            ),
            GeoFault::Outside(t, false) => (
                format!("界址点“{t}”不在中国范围内，请用 CGCS2000 经纬度（不是平面坐标）"),
                format!(
                    "corner “{t}” lies outside China; use longitude and latitude of CGCS2000, not plane metres"
                ),
            ),
            GeoFault::Crosses(a, b) => (
                format!("界址线自相交：第 {a} 点起的边与第 {b} 点起的边相交或重合，请检查点的顺序"),
                format!(
                    "the boundary crosses itself: the edge from corner {a} meets that from corner {b}; check the order of its corners"
                ),
            ),
            GeoFault::Parts => both(
                "界址含有洞或多个部分，请拆成几个地块",
                "the boundary has a hole or several parts; split it into parcels",
            ),
        }
    }
}

impl fmt::Display for Polygon {
    /// As [`Polygon::parse`] reads it, closed by its first corner.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let closed = self.0.iter().chain(self.0.first());
        let corners: Vec<String> = closed.map(|p| format!("{} {}", degrees(p.lon), degrees(p.lat))).collect();
        write!(f, "POLYGON(({}))", corners.join(", "))
    }
}

fn degrees(n: i64) -> String {
    let (whole, rest) = (n.unsigned_abs() / 10_000_000, n.unsigned_abs() % 10_000_000);
    format!("{}{whole}.{rest:07}", if n < 0 { "-" } else { "" })
}

impl Polygon {
    /// Reads `POLYGON((lon lat, lon lat, …))`, also without its frame. A corner that repeats the one before it counts once.
    ///
    /// # Errors
    /// See [`GeoFault`].
    pub fn parse(text: &str) -> Result<Polygon, GeoFault> {
        let text = text.trim();
        if text.len() > limits::INVENTORY_TEXT_CHARS {
            return Err(GeoFault::Many);
        }
        let upper = text.to_ascii_uppercase();
        if upper.starts_with("MULTIPOLYGON") {
            return Err(GeoFault::Parts);
        }
        let inner = match upper.strip_prefix("POLYGON") {
            None => upper.as_str(),
            Some(rest) => {
                rest.trim().strip_prefix("((").and_then(|r| r.strip_suffix("))")).ok_or(GeoFault::Form)?
            }
        };
        if inner.contains(['(', ')']) {
            return Err(GeoFault::Parts);
        }
        let corner = |part: &str| -> Result<Point, GeoFault> {
            let mut numbers = part.split_whitespace();
            let (Some(lon), Some(lat), None) = (numbers.next(), numbers.next(), numbers.next()) else {
                return Err(GeoFault::Form);
            };
            Ok(Point { lon: unit(lon)?, lat: unit(lat)? })
        };
        let points = inner.split([',', '，']).map(|p| corner(p.trim())).collect::<Result<Vec<_>, _>>()?;
        Polygon::of(points)
    }

    /// A polygon of corners; the last may repeat the first.
    ///
    /// # Errors
    /// See [`GeoFault`].
    pub fn of(mut points: Vec<Point>) -> Result<Polygon, GeoFault> {
        points.dedup();
        if points.len() > 1 && points.first() == points.last() {
            points.pop();
        }
        if points.len() < 3 {
            return Err(GeoFault::Few);
        }
        if points.len() > limits::BOUNDARY_POINTS {
            return Err(GeoFault::Many);
        }
        if let Some(p) = points.iter().find(|p| !in_china(p.lon, p.lat)) {
            let text = format!("{} {}", degrees(p.lon), degrees(p.lat));
            return Err(GeoFault::Outside(text, in_china(p.lat, p.lon)));
        }
        let ring: Vec<_> = points.iter().map(|p| p.at()).collect();
        match exact::crossing(&ring) {
            Some((a, b)) => Err(GeoFault::Crosses(a + 1, b + 1)),
            None => Ok(Polygon(points)),
        }
    }

    /// Its corners.
    #[must_use]
    pub fn points(&self) -> &[Point] {
        &self.0
    }

    fn edges(&self) -> impl Iterator<Item = (Point, Point)> + '_ {
        self.0.iter().copied().zip(self.0.iter().copied().cycle().skip(1))
    }

    /// Its area, hundredths of a square metre.
    #[must_use]
    pub fn area(&self) -> i64 {
        let plane = Plane::about(self.0[0]);
        let doubled: f64 = self
            .edges()
            .map(|(a, b)| (plane.metres(a), plane.metres(b)))
            .map(|(a, b)| a.0 * b.1 - b.0 * a.1)
            .sum();
        #[expect(clippy::cast_possible_truncation, reason = "the area of a zone is far below what i64 holds")]
        let hundredths = (doubled.abs() / 2.0 * 100.0).round() as i64;
        hundredths
    }

    /// West, south, east, north, in 10^-7 degrees.
    #[must_use]
    pub fn bounds(&self) -> (i64, i64, i64, i64) {
        let span = |of: fn(&Point) -> i64| {
            let (least, most) =
                self.0.iter().map(of).fold((i64::MAX, i64::MIN), |(a, b), v| (a.min(v), b.max(v)));
            (least, most)
        };
        let ((west, east), (south, north)) = (span(|p| p.lon), span(|p| p.lat));
        (west, south, east, north)
    }

    /// Whether a point lies inside; on the boundary is not inside.
    fn holds(&self, p: Point) -> bool {
        let ring: Vec<_> = self.0.iter().map(|p| p.at()).collect();
        exact::inside(&ring, p.at())
    }

    /// Whether the two touch along more than a corner.
    #[must_use]
    pub fn touches(&self, other: &Polygon) -> bool {
        let plane = Plane::about(self.0[0]);
        let theirs: Vec<_> = other.edges().map(|(a, b)| (plane.metres(a), plane.metres(b))).collect();
        let mut shared = 0.0;
        for (a, b) in self.edges() {
            let (a, b) = (plane.metres(a), plane.metres(b));
            let length = (b.0 - a.0).hypot(b.1 - a.1);
            let pieces = (length / TOUCH).ceil().clamp(1.0, 2_000.0);
            let mut at = 0.5;
            while at < pieces {
                let share = at / pieces;
                let p = (a.0 + (b.0 - a.0) * share, a.1 + (b.1 - a.1) * share);
                if theirs.iter().any(|(c, d)| away(p, *c, *d) <= TOUCH) {
                    shared += length / pieces;
                }
                at += 1.0;
            }
        }
        shared >= SHARED
    }

    /// Whether one reaches into the other by more than the error of a survey.
    #[must_use]
    pub fn overlaps(&self, other: &Polygon) -> bool {
        self.reaches_into(other) || other.reaches_into(self)
    }

    fn reaches_into(&self, other: &Polygon) -> bool {
        let plane = Plane::about(other.0[0]);
        let deep = |p: Point| {
            let at = plane.metres(p);
            other.holds(p) && other.edges().all(|(a, b)| away(at, plane.metres(a), plane.metres(b)) > DEEP)
        };
        let middle =
            |a: Point, b: Point| Point { lon: i64::midpoint(a.lon, b.lon), lat: i64::midpoint(a.lat, b.lat) };
        let n = i64::try_from(self.0.len()).unwrap_or(1);
        let centre = Point {
            lon: self.0.iter().map(|p| p.lon).sum::<i64>() / n,
            lat: self.0.iter().map(|p| p.lat).sum::<i64>() / n,
        };
        self.0.iter().copied().any(deep)
            || self.edges().any(|(a, b)| deep(middle(a, b)))
            || (self.holds(centre) && deep(centre))
    }
}

/// Every pair of places in `all` whose boxes, widened by a few metres, meet; then asked `f`.
fn pairs(all: &[(i64, &Polygon)], f: impl Fn(&Polygon, &Polygon) -> bool) -> Vec<(i64, i64)> {
    // A 10^-7 degree is about a centimetre.
    const WIDER: i64 = 500;
    let mut boxes: Vec<_> = all.iter().map(|(id, p)| (p.bounds(), *id, *p)).collect();
    boxes.sort_by_key(|(b, id, _)| (b.0, *id));
    let mut found = Vec::new();
    for (i, (b, id, p)) in boxes.iter().enumerate() {
        for (c, other, q) in boxes[i + 1..].iter().take_while(|(c, ..)| c.0 <= b.2 + WIDER) {
            let apart = c.1 > b.3 + WIDER || c.3 < b.1 - WIDER;
            if !apart && f(p, q) {
                found.push((*id.min(other), *id.max(other)));
            }
        }
    }
    found.sort_unstable();
    found
}

/// Pairs that are neighbours: they touch along more than a corner.
#[must_use]
pub fn neighbours(all: &[(i64, &Polygon)]) -> Vec<(i64, i64)> {
    pairs(all, Polygon::touches)
}

/// Pairs that overlap: the same ground twice.
#[must_use]
pub fn overlapping(all: &[(i64, &Polygon)]) -> Vec<(i64, i64)> {
    pairs(all, Polygon::overlaps)
}

/// A drawing: north is up, one unit is `metres` metres.
#[derive(Clone, Copy, Debug)]
pub struct View {
    plane: Plane,
    left: f64,
    top: f64,
    metres: f64,
    /// Units from top to bottom.
    pub height: i64,
}

impl View {
    /// A view of all the polygons, `width` units wide with a margin; `None` when there are none.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "units of a drawing are few"
    )]
    pub fn fit<'a>(all: impl IntoIterator<Item = &'a Polygon>, width: i64) -> Option<View> {
        let mut bounds: Option<(i64, i64, i64, i64)> = None;
        for p in all {
            let b = p.bounds();
            bounds = Some(bounds.map_or(b, |a| (a.0.min(b.0), a.1.min(b.1), a.2.max(b.2), a.3.max(b.3))));
        }
        let (west, south, east, north) = bounds?;
        let plane = Plane::about(Point { lon: i64::midpoint(west, east), lat: i64::midpoint(south, north) });
        let (low, high) =
            (plane.metres(Point { lon: west, lat: south }), plane.metres(Point { lon: east, lat: north }));
        let margin = 24.0;
        let metres = ((high.0 - low.0) / (width as f64 - 2.0 * margin)).max(0.01);
        let height = ((high.1 - low.1) / metres + 2.0 * margin).ceil().min(4.0 * width as f64) as i64;
        Some(View { plane, left: low.0 - margin * metres, top: high.1 + margin * metres, metres, height })
    }

    fn at(&self, p: Point) -> (f64, f64) {
        let (x, y) = self.plane.metres(p);
        ((x - self.left) / self.metres, (self.top - y) / self.metres)
    }

    /// The outline as an SVG path.
    #[must_use]
    pub fn path(&self, polygon: &Polygon) -> String {
        use fmt::Write as _;
        let mut path = String::new();
        for (n, p) in polygon.0.iter().enumerate() {
            let (x, y) = self.at(*p);
            let _ = write!(path, "{}{x:.1} {y:.1}", if n == 0 { "M" } else { "L" });
        }
        path.push('Z');
        path
    }

    /// Where a label stands: the middle of the box, in units.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "units of a drawing are few")]
    pub fn label(&self, polygon: &Polygon) -> (i64, i64) {
        let (west, south, east, north) = polygon.bounds();
        let (x, y) = self.at(Point { lon: i64::midpoint(west, east), lat: i64::midpoint(south, north) });
        (x.round() as i64, y.round() as i64)
    }

    /// A scale bar: a round number of metres and how many units it is long.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "units of a drawing are few"
    )]
    pub fn bar(&self) -> (i64, i64) {
        let most = self.metres * 220.0;
        let round = [10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10];
        let metres = round.into_iter().find(|m| *m as f64 <= most).unwrap_or(5);
        (metres, (metres as f64 / self.metres).round() as i64)
    }
}

/// The local plane about a point: metres east and north.
#[derive(Clone, Copy, Debug)]
struct Plane {
    centre: Point,
    east: f64,
    north: f64,
}

impl Plane {
    #[expect(clippy::cast_precision_loss, reason = "10^-7 degrees of the globe fit 52 bits")]
    fn about(centre: Point) -> Plane {
        let latitude = (centre.lat as f64 / UNIT).to_radians();
        let w = (1.0 - ECCENTRICITY * latitude.sin().powi(2)).sqrt();
        let (across, along) = (AXIS / w, AXIS * (1.0 - ECCENTRICITY) / w.powi(3));
        let degree = std::f64::consts::PI / 180.0 / UNIT;
        Plane { centre, east: across * latitude.cos() * degree, north: along * degree }
    }

    #[expect(clippy::cast_precision_loss, reason = "differences inside a zone are small")]
    fn metres(&self, p: Point) -> (f64, f64) {
        ((p.lon - self.centre.lon) as f64 * self.east, (p.lat - self.centre.lat) as f64 * self.north)
    }
}

/// Distance of a point from a stretch.
fn away(p: (f64, f64), a: (f64, f64), b: (f64, f64)) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let squared = dx * dx + dy * dy;
    let share =
        if squared == 0.0 { 0.0 } else { (((p.0 - a.0) * dx + (p.1 - a.1) * dy) / squared).clamp(0.0, 1.0) };
    (p.0 - a.0 - share * dx).hypot(p.1 - a.1 - share * dy)
}

/// The box of China's land and sea, with a margin.
fn in_china(lon: i64, lat: i64) -> bool {
    (730_000_000..=1_360_000_000).contains(&lon) && (30_000_000..=540_000_000).contains(&lat)
}

fn unit(number: &str) -> Result<i64, GeoFault> {
    let wrong = || GeoFault::Number(number.chars().take(24).collect());
    let (sign, digits) = number.strip_prefix('-').map_or((1, number), |d| (-1, d));
    let (whole, rest) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 9 || !plain(whole) || !plain(rest) {
        return Err(wrong());
    }
    let rest: String = rest.chars().chain("0000000".chars()).take(7).collect();
    format!("{whole}{rest}").parse::<i64>().map(|n| sign * n).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A square of about `side` metres whose south-west corner lies `east` and `north` metres from a point of Zhenjiang.
    fn square(east: f64, north: f64, side: f64) -> Polygon {
        let centre = Point { lon: 1_194_500_000, lat: 322_000_000 };
        let plane = Plane::about(centre);
        let at = |x: f64, y: f64| Point {
            lon: centre.lon + (x / plane.east).round() as i64,
            lat: centre.lat + (y / plane.north).round() as i64,
        };
        let corners = vec![
            at(east, north),
            at(east + side, north),
            at(east + side, north + side),
            at(east, north + side),
        ];
        Polygon::of(corners).unwrap()
    }

    #[test]
    fn a_square_of_two_hundred_metres_is_sixty_mu() {
        let area = square(0.0, 0.0, 200.0).area();
        assert!((area - 4_000_000).abs() < 4_000, "{area} hundredths of a square metre");
    }

    #[test]
    fn the_degree_has_the_length_of_the_ellipsoid() {
        // Tables of GRS80: at 30° N a degree of latitude is 110,852.4 m, of longitude 96,486.3 m.
        let plane = Plane::about(Point { lon: 1_200_000_000, lat: 300_000_000 });
        let (east, north) = (plane.east * UNIT, plane.north * UNIT);
        assert!((east - 96_486.3).abs() < 1.0 && (north - 110_852.4).abs() < 1.0, "{east} {north}");
    }

    #[test]
    fn every_fault_is_named() {
        let fault = |t: &str| Polygon::parse(t).unwrap_err();
        assert_eq!(fault("POLYGON(119 32)"), GeoFault::Form);
        assert_eq!(fault("POLYGON((119 32, 119.1 32))"), GeoFault::Few);
        assert_eq!(fault("POLYGON((119 32, 119.1 x, 119 32.1))"), GeoFault::Number("X".into()));
        assert!(matches!(fault("32 119, 32 119.1, 32.1 119"), GeoFault::Outside(_, true)));
        assert!(matches!(
            fault("500000 3500000, 500100 3500000, 500100 3500100"),
            GeoFault::Outside(_, false)
        ));
        assert_eq!(fault("119 32, 119.1 32.1, 119.1 32, 119 32.1"), GeoFault::Crosses(1, 3));
        assert!(GeoFault::Crosses(1, 3).texts().0.contains("第 1 点起的边与第 3 点起的边"));
        assert_eq!(
            fault("POLYGON((119 32, 119.1 32, 119 32.1),(119.01 32.01, 119.02 32.01, 119.01 32.02))"),
            GeoFault::Parts
        );
        assert_eq!(
            fault("119 32, 119.2 32, 119.1 32, 119.1 32.1"),
            GeoFault::Crosses(1, 2),
            "it runs back along itself"
        );
        let good = Polygon::parse("polygon((119 32, 119.1 32, 119.1 32.1, 119 32))").unwrap();
        assert_eq!(Polygon::parse(&good.to_string()), Ok(good));
    }

    #[test]
    fn neighbours_share_a_side_and_overlap_is_more_than_a_survey_s_error() {
        let (a, beside, corner, far) = (
            square(0.0, 0.0, 100.0),
            square(102.0, 0.0, 100.0),
            square(101.0, 101.0, 100.0),
            square(0.0, 300.0, 100.0),
        );
        assert!(a.touches(&beside) && !a.touches(&corner) && !a.touches(&far));
        let all = [(1, &a), (2, &beside), (3, &corner), (4, &far)];
        assert_eq!(neighbours(&all), [(1, 2), (2, 3)]);
        let (into, hair) = (square(60.0, 20.0, 30.0), square(99.5, 0.0, 100.0));
        assert!(a.overlaps(&into) && into.overlaps(&a) && !a.overlaps(&hair) && !a.overlaps(&beside));
        assert!(a.overlaps(&a.clone()));
        assert_eq!(overlapping(&[(1, &a), (5, &into), (6, &far)]), [(1, 5)]);
    }

    #[test]
    fn a_drawing_keeps_north_up_and_its_scale() {
        let (a, b) = (square(0.0, 0.0, 100.0), square(900.0, 900.0, 100.0));
        let view = View::fit([&a, &b], 1_000).unwrap();
        let (la, lb) = (view.label(&a), view.label(&b));
        assert!(
            la.0 < lb.0 && la.1 > lb.1 && (900..=1_100).contains(&view.height),
            "{la:?} {lb:?} {}",
            view.height
        );
        let (metres, units) = view.bar();
        assert_eq!(metres, 200);
        assert!((185..=195).contains(&units), "{units}");
        assert!(view.path(&a).starts_with('M') && view.path(&a).ends_with('Z'));
        assert!(View::fit([], 1_000).is_none());
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_and_area_does_not_depend_on_where_the_outline_begins(
            e in 0.0f64..9_000.0, n in 0.0f64..9_000.0, side in 5.0f64..900.0, turn in 0usize..4
        ) {
            let p = square(e, n, side);
            prop_assert_eq!(Polygon::parse(&p.to_string()), Ok(p.clone()));
            let mut corners = p.points().to_vec();
            corners.rotate_left(turn);
            let turned = Polygon::of(corners).unwrap();
            prop_assert!((turned.area() - p.area()).abs() <= p.area() / 10_000 + 1);
        }

        #[test]
        fn no_text_panics(text in "(POLYGON)?[(]{0,2}[0-9. ,x-]{0,60}[)]{0,2}|\\PC{0,30}") {
            let _ = Polygon::parse(&text);
        }
    }
}
