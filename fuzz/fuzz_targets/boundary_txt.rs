//! A file of boundary points: read or refused with reasons; a parcel has an outline or faults, its outline reads back, and its row fits the headings.
#![no_main]

use domain::geo::Polygon;
use domain::geo::boundary_txt::{HEADINGS, is_boundary_txt, read, usage};
use libfuzzer_sys::fuzz_target;

/// So that bytes reach the points and are not all spent on the head.
const HEAD: &str = "[属性描述]\n坐标系=2000国家大地坐标系\n带号=40\n[地块坐标]\n";

fuzz_target!(|text: &str| {
    let _ = (is_boundary_txt(text), usage(text));
    for file in [text.to_string(), format!("{HEAD}{text}")] {
        let boundaries = match read(&file) {
            Ok(boundaries) => boundaries,
            Err(notes) => {
                assert!(!notes.is_empty());
                continue;
            }
        };
        for parcel in &boundaries.parcels {
            assert_eq!(parcel.outline.is_some(), parcel.faults.is_empty());
            assert!(parcel.area >= 0);
            if let Some(outline) = &parcel.outline {
                assert_eq!(Polygon::parse(&outline.to_string()).as_ref(), Ok(outline));
            }
        }
        for (line, cells, _) in boundaries.rows() {
            assert!(line > 0 && cells.len() == HEADINGS.len());
        }
    }
});
