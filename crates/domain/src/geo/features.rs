//! GeoJSON (RFC 7946): a collection of features becomes a table, its properties the columns and its outline one of them.

use super::{GeoFault, Point, Polygon};
use crate::limits;
use serde_json::Value;

/// A table of features: headings, and a row for each; the outline stands under [`SHAPE`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features {
    /// Names of the properties, in the order they first occur, then [`SHAPE`].
    pub headings: Vec<String>,
    /// A row for each feature.
    pub rows: Vec<Vec<String>>,
}

/// The heading of the outline.
pub const SHAPE: &str = "shape";

/// Reads a feature collection. An outline that is no boundary leaves its fault's text in the cell, so that the row is rejected with it.
///
/// # Errors
/// The text is no collection of features, has another reference system than CGCS2000 or WGS 84, or too many features; in Chinese and English.
pub fn read(text: &str) -> Result<Features, (String, String)> {
    let json: Value = serde_json::from_str(text)
        .map_err(|e| (format!("不是 JSON 文件：{e}"), format!("not a JSON file: {e}")))?;
    let Some(features) = json.get("features").and_then(Value::as_array) else {
        return Err((
            "不是 GeoJSON 要素集合（FeatureCollection）".into(),
            "not a FeatureCollection of GeoJSON".into(),
        ));
    };
    if let Some(name) = json.pointer("/crs/properties/name").and_then(Value::as_str)
        && !["4490", "4326", "CRS84"].iter().any(|known| name.contains(known))
    {
        return Err((
            format!("坐标系 {name} 不支持，请转成 CGCS2000 经纬度（EPSG:4490）后再导出"),
            format!("reference system {name}: convert to CGCS2000 (EPSG:4490) and export again"),
        ));
    }
    if features.len() > limits::INVENTORY_ROWS {
        let most = limits::INVENTORY_ROWS;
        return Err((
            format!("至多 {most} 个要素，请拆分"),
            format!("at most {most} features; split the file"),
        ));
    }
    let mut table = Features::default();
    for feature in features {
        for key in feature.get("properties").and_then(Value::as_object).into_iter().flat_map(|p| p.keys()) {
            if !table.headings.contains(key) && key != SHAPE && table.headings.len() < limits::FORM_FIELDS {
                table.headings.push(key.clone());
            }
        }
    }
    for feature in features {
        let property = |key: &String| match feature.get("properties").and_then(|p| p.get(key)) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        let mut row: Vec<String> = table.headings.iter().map(property).collect();
        row.push(match outline(feature.get("geometry")) {
            Ok(None) => String::new(),
            Ok(Some(polygon)) => polygon.to_string(),
            Err(fault) => fault.texts().0,
        });
        table.rows.push(row);
    }
    table.headings.push(SHAPE.to_string());
    Ok(table)
}

fn outline(geometry: Option<&Value>) -> Result<Option<Polygon>, GeoFault> {
    let Some(geometry) = geometry.filter(|g| !g.is_null()) else { return Ok(None) };
    let coordinates = geometry.get("coordinates").ok_or(GeoFault::Form)?;
    let rings = match geometry.get("type").and_then(Value::as_str) {
        Some("Polygon") => coordinates,
        Some("MultiPolygon") => match coordinates.as_array().map(Vec::as_slice) {
            Some([one]) => one,
            _ => return Err(GeoFault::Parts),
        },
        _ => return Err(GeoFault::Form),
    };
    let ring = match rings.as_array().map(Vec::as_slice) {
        Some([one]) => one,
        Some([]) | None => return Err(GeoFault::Form),
        Some(_) => return Err(GeoFault::Parts),
    };
    let corner = |c: &Value| {
        let number = |n: usize| c.get(n).filter(|v| v.is_number()).ok_or(GeoFault::Form);
        Ok(Point { lon: super::unit(&plain(number(0)?))?, lat: super::unit(&plain(number(1)?))? })
    };
    let points =
        ring.as_array().ok_or(GeoFault::Form)?.iter().map(corner).collect::<Result<Vec<_>, GeoFault>>()?;
    Polygon::of(points).map(Some)
}

/// A JSON number without an exponent.
fn plain(number: &Value) -> String {
    let text = number.to_string();
    if text.contains(['e', 'E']) { number.as_f64().map(|n| format!("{n:.9}")).unwrap_or(text) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn features_become_rows_and_a_bad_outline_says_why_in_its_cell() {
        let text = r#"{"type":"FeatureCollection","features":[
            {"type":"Feature","properties":{"编号":"P-1","面积":40000},"geometry":{"type":"Polygon","coordinates":[[[119.4,32.2],[119.402,32.2],[119.402,32.202],[119.4,32.2]]]}},
            {"type":"Feature","properties":{"编号":"P-2","用途":"工业"},"geometry":{"type":"Polygon","coordinates":[[[32.2,119.4],[32.2,119.402],[32.202,119.402]]]}},
            {"type":"Feature","properties":{"编号":"P-3"},"geometry":null}]}"#;
        let table = read(text).unwrap();
        assert_eq!(table.headings, ["编号", "面积", "用途", "shape"]);
        assert_eq!(table.rows[0][..3], ["P-1", "40000", ""]);
        assert!(Polygon::parse(&table.rows[0][3]).is_ok());
        assert!(table.rows[1][3].contains("写反"), "{}", table.rows[1][3]);
        assert_eq!(table.rows[2][3], "");
        let other = r#"{"type":"FeatureCollection","crs":{"properties":{"name":"EPSG:4549"}},"features":[]}"#;
        assert!(read(other).unwrap_err().0.contains("EPSG:4549"));
        assert!(read("[]").is_err() && read("{").is_err());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,80}") {
            let _ = read(&text);
            let _ = read(&format!("{{\"features\":[{{\"geometry\":{text}}}]}}"));
        }
    }
}
