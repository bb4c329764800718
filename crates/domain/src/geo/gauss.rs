//! The Gauss–Krüger projection of China's surveys (高斯-克吕格) on the ellipsoid of CGCS2000, zones of 3° and 6°: plane metres to longitude and
//! latitude, and back.
//!
//! The series of Krüger (1912) in the third flattening n, to n⁶, as C. F. F. Karney gives it: "Transverse Mercator with an accuracy of a few
//! nanometers", Journal of Geodesy 85 (2011) 475–485, equations 7–11 (conformal latitude), 14 (radius), 19–21 (its inverse), 35 (forward) and
//! 36 (back). Within 4,000 km of the central meridian it errs by nanometres. CGCS2000 (GB 22021-2008): a = 6,378,137 m, 1/f = 298.257222101.
//! Zones (GB/T 17798): scale 1 on the central meridian, 500,000 m added to the east; 6° zone k has its meridian at 6k − 3, 3° zone k at 3k.

/// Semi-major axis, metres.
const AXIS: f64 = 6_378_137.0;
/// Flattening.
const FLATTENING: f64 = 1.0 / 298.257_222_101;
/// Metres added to the east, so that nothing in a zone is below zero.
pub const FALSE_EAST: f64 = 500_000.0;
/// Steps of Newton's method for the latitude; three reach the last digit.
const STEPS: usize = 5;

const SERIES: Series = Series::of(FLATTENING / (2.0 - FLATTENING));

/// A zone of the projection. The numbers of the two widths do not overlap in China, so a number alone says which it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone(i64);

/// Radius of the rectifying sphere and the coefficients of both series.
struct Series {
    radius: f64,
    forward: [f64; 6],
    back: [f64; 6],
}

impl Zone {
    /// The zone of a number: 13 to 23 are zones of 6°, 25 to 45 zones of 3°; `None` outside China.
    #[must_use]
    pub fn of(number: i64) -> Option<Zone> {
        matches!(number, 13..=23 | 25..=45).then_some(Zone(number))
    }

    /// Its number.
    #[must_use]
    pub fn number(self) -> i64 {
        self.0
    }

    /// Degrees from its west to its east: 3 or 6.
    #[must_use]
    pub fn width(self) -> i64 {
        if self.0 > 23 { 3 } else { 6 }
    }

    /// Its central meridian, degrees.
    #[must_use]
    pub fn meridian(self) -> i64 {
        if self.width() == 3 { 3 * self.0 } else { 6 * self.0 - 3 }
    }

    /// Longitude and latitude, degrees, as north and east, metres; the east has its 500,000 m and no number of the zone.
    #[must_use]
    pub fn project(self, lon: f64, lat: f64) -> (f64, f64) {
        let (north, east) = forward(lon - self.centre(), lat);
        (north, east + FALSE_EAST)
    }

    /// North and east, metres (the east with its 500,000 m, without the number of the zone), as longitude and latitude, degrees.
    #[must_use]
    pub fn locate(self, north: f64, east: f64) -> (f64, f64) {
        let (lon, lat) = back(north, east - FALSE_EAST);
        (lon + self.centre(), lat)
    }

    #[expect(clippy::cast_precision_loss, reason = "a meridian is a small whole number")]
    fn centre(self) -> f64 {
        self.meridian() as f64
    }
}

impl Series {
    /// The coefficients for a third flattening n; Karney's equations 14, 35 and 36.
    const fn of(n: f64) -> Series {
        let n2 = n * n;
        let (n3, n4, n5, n6) = (n2 * n, n2 * n2, n2 * n2 * n, n2 * n2 * n2);
        Series {
            radius: AXIS / (1.0 + n) * (1.0 + n2 / 4.0 + n4 / 64.0 + n6 / 256.0),
            forward: [
                n / 2.0 - 2.0 * n2 / 3.0 + 5.0 * n3 / 16.0 + 41.0 * n4 / 180.0 - 127.0 * n5 / 288.0
                    + 7_891.0 * n6 / 37_800.0,
                13.0 * n2 / 48.0 - 3.0 * n3 / 5.0 + 557.0 * n4 / 1_440.0 + 281.0 * n5 / 630.0
                    - 1_983_433.0 * n6 / 1_935_360.0,
                61.0 * n3 / 240.0 - 103.0 * n4 / 140.0
                    + 15_061.0 * n5 / 26_880.0
                    + 167_603.0 * n6 / 181_440.0,
                49_561.0 * n4 / 161_280.0 - 179.0 * n5 / 168.0 + 6_601_661.0 * n6 / 7_257_600.0,
                34_729.0 * n5 / 80_640.0 - 3_418_889.0 * n6 / 1_995_840.0,
                212_378_941.0 * n6 / 319_334_400.0,
            ],
            back: [
                n / 2.0 - 2.0 * n2 / 3.0 + 37.0 * n3 / 96.0 - n4 / 360.0 - 81.0 * n5 / 512.0
                    + 96_199.0 * n6 / 604_800.0,
                n2 / 48.0 + n3 / 15.0 - 437.0 * n4 / 1_440.0 + 46.0 * n5 / 105.0
                    - 1_118_711.0 * n6 / 3_870_720.0,
                17.0 * n3 / 480.0 - 37.0 * n4 / 840.0 - 209.0 * n5 / 4_480.0 + 5_569.0 * n6 / 90_720.0,
                4_397.0 * n4 / 161_280.0 - 11.0 * n5 / 504.0 - 830_251.0 * n6 / 7_257_600.0,
                4_583.0 * n5 / 161_280.0 - 108_847.0 * n6 / 3_991_680.0,
                20_648_693.0 * n6 / 638_668_800.0,
            ],
        }
    }

    /// Σ cⱼ sin 2jξ cosh 2jη and Σ cⱼ cos 2jξ sinh 2jη.
    fn sum(coefficients: &[f64; 6], xi: f64, eta: f64) -> (f64, f64) {
        let (mut along, mut across, mut twice) = (0.0, 0.0, 2.0);
        for c in coefficients {
            let (sin, cos) = (twice * xi).sin_cos();
            along += c * sin * (twice * eta).cosh();
            across += c * cos * (twice * eta).sinh();
            twice += 2.0;
        }
        (along, across)
    }
}

/// Eccentricity.
fn eccentricity() -> f64 {
    (FLATTENING * (2.0 - FLATTENING)).sqrt()
}

/// The tangent of the conformal latitude from that of the latitude (equations 7 to 9).
fn conformal(tau: f64) -> f64 {
    let e = eccentricity();
    let secant = tau.hypot(1.0);
    let sigma = (e * (e * tau / secant).atanh()).sinh();
    tau * sigma.hypot(1.0) - sigma * secant
}

/// The tangent of the latitude from that of the conformal latitude (equations 19 to 21).
fn latitude(wanted: f64) -> f64 {
    let rest = 1.0 - eccentricity().powi(2);
    let mut tau = wanted / rest;
    for _ in 0..STEPS {
        let at = conformal(tau);
        tau += (wanted - at) / at.hypot(1.0) * (1.0 + rest * tau * tau) / (rest * tau.hypot(1.0));
    }
    tau
}

/// Degrees from the meridian and latitude, as metres north of the equator and east of the meridian.
fn forward(lon: f64, lat: f64) -> (f64, f64) {
    let (sin, cos) = lon.to_radians().sin_cos();
    let tau = conformal(lat.to_radians().tan());
    let (xi, eta) = (tau.atan2(cos), (sin / tau.hypot(cos)).asinh());
    let (along, across) = Series::sum(&SERIES.forward, xi, eta);
    (SERIES.radius * (xi + along), SERIES.radius * (eta + across))
}

/// Metres north of the equator and east of the meridian, as degrees from the meridian and latitude.
fn back(north: f64, east: f64) -> (f64, f64) {
    let (xi, eta) = (north / SERIES.radius, east / SERIES.radius);
    let (along, across) = Series::sum(&SERIES.back, xi, eta);
    let (xi, eta) = (xi - along, eta - across);
    let (sin, cos) = xi.sin_cos();
    let tau = latitude(sin / eta.sinh().hypot(cos));
    (eta.sinh().atan2(cos).to_degrees(), tau.atan().to_degrees())
}

#[cfg(test)]
mod tests {
    use super::super::{Point, Polygon};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_meridian_has_the_length_that_tables_and_integration_give() {
        // Moritz, "Geodetic Reference System 1980": the quarter of a meridian is 10,001,965.7293 m.
        let pole = forward(0.0, 90.0).0;
        assert!((pole - 10_001_965.729_3).abs() < 1e-4, "{pole}");
        // The arc is the integral of the radius of curvature; Simpson's rule knows no series in n.
        let e2 = eccentricity().powi(2);
        let radius = |lat: f64| AXIS * (1.0 - e2) / (1.0 - e2 * lat.sin().powi(2)).powf(1.5);
        for degrees in [10.0_f64, 32.2, 53.0] {
            let (steps, step) = (2_000, degrees.to_radians() / 2_000.0);
            let weight = |i: i32| {
                if i == 0 || i == steps {
                    1.0
                } else if i % 2 == 1 {
                    4.0
                } else {
                    2.0
                }
            };
            let arc: f64 =
                (0..=steps).map(|i| weight(i) * radius(f64::from(i) * step)).sum::<f64>() * step / 3.0;
            let north = forward(0.0, degrees).0;
            assert!((north - arc).abs() < 1e-6, "{degrees}: {north} {arc}");
        }
    }

    #[test]
    fn another_program_says_the_same_to_the_tenth_of_a_millimetre() {
        // PROJ (pyproj), EPSG:4490 to EPSG:4526, 4528, 4498 and 4491.
        let known = [
            (38, 114.0, 30.0, 3_320_113.397_85, 500_000.0),
            (38, 115.432_1, 32.2, 3_564_929.539_60, 635_035.182_15),
            (40, 118.5, 18.25, 2_019_302.837_02, 341_353.216_07),
            (20, 119.9, 47.5, 5_266_913.200_54, 718_488.307_46),
            (13, 77.9, 47.5, 5_266_913.200_54, 718_488.307_46),
        ];
        for (number, lon, lat, north, east) in known {
            let zone = Zone::of(number).unwrap();
            let (n, e) = zone.project(lon, lat);
            assert!((n - north).abs() < 1e-4 && (e - east).abs() < 1e-4, "{number}: {n} {e}");
            let (x, y) = zone.locate(north, east);
            assert!((x - lon).abs() < 1e-9 && (y - lat).abs() < 1e-9, "{number}: {x} {y}");
        }
    }

    #[test]
    fn a_number_says_its_width_and_meridian() {
        let said = |n: i64| Zone::of(n).map(|z| (z.width(), z.meridian()));
        assert_eq!((said(38), said(20), said(45)), (Some((3, 114)), Some((6, 117)), Some((3, 135))));
        assert!([12, 24, 46, 0, -38].iter().all(|n| Zone::of(*n).is_none()));
    }

    /// The plane area of a field of `d` degrees, its sides drawn with many corners.
    fn field(zone: Zone, lon: f64, lat: f64, d: f64) -> (f64, i64) {
        let side = |i: i32| f64::from(i) / 50.0 * d;
        let west_south =
            (0..50).map(|i| (lon + side(i), lat)).chain((0..50).map(|i| (lon + d, lat + side(i))));
        let corners: Vec<(f64, f64)> = west_south
            .chain((0..50).map(|i| (lon + d - side(i), lat + d)))
            .chain((0..50).map(|i| (lon, lat + d - side(i))))
            .collect();
        let plane: Vec<(f64, f64)> = corners.iter().map(|c| zone.project(c.0, c.1)).collect();
        let next = plane.iter().cycle().skip(1);
        let origin = plane[0];
        let part = |(a, b): (&(f64, f64), &(f64, f64))| {
            (a.1 - origin.1) * (b.0 - origin.0) - (a.0 - origin.0) * (b.1 - origin.1)
        };
        let doubled: f64 = plane.iter().zip(next).map(part).sum();
        let point =
            |c: &(f64, f64)| Point { lon: (c.0 * 1e7).round() as i64, lat: (c.1 * 1e7).round() as i64 };
        let outline = Polygon::of(corners.iter().map(point).collect()).unwrap();
        (doubled / 2.0, outline.area())
    }

    /// The area on the ellipsoid between two parallels and two meridians, in closed form.
    fn on_the_ellipsoid(south: f64, north: f64, d: f64) -> f64 {
        let e = eccentricity();
        let band = |lat: f64| {
            let s = lat.to_radians().sin();
            s / (1.0 - e * e * s * s) + (e * s).atanh() / e
        };
        AXIS * AXIS * (1.0 - e * e) / 2.0 * (band(north) - band(south)) * d.to_radians()
    }

    #[test]
    fn the_plane_s_area_is_the_ellipsoid_s_times_the_square_of_the_scale() {
        let zone = Zone::of(40).unwrap();
        for (off, lat) in [(0.0, 32.2), (0.7, 32.2), (1.49, 22.0)] {
            let (plane, local) = field(zone, 120.0 + off, lat, 0.01);
            let true_area = on_the_ellipsoid(lat, lat + 0.01, 0.01);
            let east = zone.project(120.005 + off, lat).1 - FALSE_EAST;
            let scale = 1.0 + (east / 6_372_000.0).powi(2) / 2.0;
            assert!((plane / true_area / scale.powi(2) - 1.0).abs() < 1e-5, "{off}: {plane} {true_area}");
            assert!((plane / true_area - 1.0).abs() < 7e-4, "less than one in 1,400 at the zone's edge");
            let local = local as f64 / 100.0;
            assert!((local / true_area - 1.0).abs() < 1e-3, "the plane about a corner: {local}");
        }
    }

    proptest! {
        #[test]
        fn there_and_back_is_the_same_place(number in 13i64..=45, off in -3.5f64..3.5, lat in -60.0f64..60.0) {
            let zone = Zone::of(number).unwrap_or(Zone(38));
            let lon = off + zone.centre();
            let (north, east) = zone.project(lon, lat);
            let (x, y) = zone.locate(north, east);
            prop_assert!((x - lon).abs() < 1e-9 && (y - lat).abs() < 1e-9, "{} {}", x - lon, y - lat);
        }

        #[test]
        fn both_sides_of_the_meridian_and_of_the_equator_mirror(off in 0.0f64..3.5, lat in 0.0f64..60.0) {
            let (north, east) = forward(off, lat);
            let (west_north, west) = forward(-off, lat);
            let (south, south_east) = forward(off, -lat);
            prop_assert!((north - west_north).abs() < 1e-7 && (east + west).abs() < 1e-7);
            prop_assert!((north + south).abs() < 1e-7 && (east - south_east).abs() < 1e-7);
            prop_assert!(forward(off + 0.01, lat).1 > east);
        }

        #[test]
        fn no_number_panics(north in prop::num::f64::ANY, east in prop::num::f64::ANY) {
            let _ = (back(north, east), forward(north, east));
        }
    }
}
