//! Land: areas, what is asked of those who use it, how long they hold it, and the money that prepares it.

pub mod area;
pub mod bond;
pub mod control;
pub mod evaluate;
pub mod find;
pub mod fixed;
pub mod programme;
pub mod records;
pub mod term;
