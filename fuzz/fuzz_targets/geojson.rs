//! GeoJSON: read or refused with a reason; every row has as many cells as there are headings, and an outline reads back.
#![no_main]

use domain::geo::Polygon;
use domain::geo::features::read;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let geometry = format!("{{\"features\":[{{\"properties\":{{\"a\":1}},\"geometry\":{text}}}]}}");
    for file in [text.to_string(), geometry] {
        let Ok(table) = read(&file) else { continue };
        for row in &table.rows {
            assert_eq!(row.len(), table.headings.len());
            if let Some(Ok(outline)) = row.last().map(|cell| Polygon::parse(cell)) {
                assert_eq!(Polygon::parse(&outline.to_string()), Ok(outline));
            }
        }
    }
});
