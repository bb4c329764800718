//! Capital: cash flows and their measures, funds, rounds and holdings, warrants (认股权), and what a warrant may
//! be worth.
//!
//! Amounts are whole yuan, prices a share are integers of 1/10,000 yuan, ownership is an exact fraction. Only
//! rates of return and the option model are floating-point numbers, in files that say why.

pub mod cash;
pub mod fund;
pub mod price;
pub mod round;
pub mod value;
pub mod warrant;
