//! Policies as data: what may be asked of a company, a project and its plan ([`field`], [`facts`]), the small language that asks it ([`expr`]), and exact
//! numbers ([`number`]).

pub mod expr;
pub mod facts;
pub mod field;
pub mod library;
pub mod matching;
pub mod number;
