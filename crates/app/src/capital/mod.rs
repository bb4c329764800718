//! `/capital`: funds with their measures, companies with their cap tables, warrants with their life, price, what may still be bought and who
//! would be diluted.

pub mod page;
pub mod records;
mod worth;
