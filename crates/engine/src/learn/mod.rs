//! Placement learnt from labelled companies: a zone has a few hundred, an exchange a few thousand.
//!
//! [`Model`] ranks segments for a company from its name, scope and products.
//!
//! The model is ridge regression, one class against the rest, on TF-IDF of character n-grams. What makes it better than
//! the textbook recipe on scopes: the first clauses count most, trades that everybody lists count little, licensing
//! boilerplate is dropped, a company's products are further training documents, and so is the name of every class.

mod file;
mod model;
mod ridge;
mod terms;
mod text;

pub use model::{Guess, Model, Reason};
pub use terms::{Source, is_bookkeeping};
pub use text::segment_key;

use serde::{Deserialize, Serialize};

/// A product with its share of the company's revenue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Product {
    /// What it is called.
    pub name: String,
    /// Share of revenue, 0 to 1; 0 when unknown. Products with a negative share (corrections) are passed over.
    pub share: f32,
}

/// A company of which the segment is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labelled {
    /// Legal or short name; may be empty.
    pub name: String,
    /// 经营范围; may be empty.
    pub scope: String,
    /// Products; may be empty.
    pub products: Vec<Product>,
    /// The segment it stands on.
    pub segment: String,
}

/// How texts become features and how strongly the model is damped. The defaults were chosen by cross-validation on
/// 1,104 scopes and 27,241 products of listed companies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Shortest n-gram, characters (1 or more).
    pub shortest: usize,
    /// Longest n-gram, characters (4 or less).
    pub longest: usize,
    /// The clause of the scope that counts half of the first; infinite: all count the same.
    pub half_clauses: f32,
    /// Factor for clauses that every company lists (import and export, letting, consulting …).
    pub aside_weight: f32,
    /// Weight of the company's name; 0 leaves it out.
    pub name_weight: f32,
    /// Weight, relative to the name's, of grams that count only in names.
    pub name_only: f32,
    /// Weight of the last characters of the name's distinctive part (…科技, …股份 excluded).
    pub name_end: f32,
    /// Weight of a product without revenue; its share is added.
    pub product_floor: f32,
    /// Power of the inverse document frequency.
    pub idf_power: f32,
    /// Grams of fewer documents are left out.
    pub min_documents: u32,
    /// Damping of the regression; documents are unit vectors.
    pub damping: f32,
    /// Documents of a class with `n` of them are damped `n^balance` times more, so that large classes do not swallow
    /// small ones.
    pub balance: f32,
    /// How much the name of a class counts as a document of it; 0 leaves it out.
    pub class_name: f32,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            shortest: 1,
            longest: 3,
            half_clauses: 6.0,
            aside_weight: 0.3,
            name_weight: 2.0,
            name_only: 0.25,
            name_end: 1.0,
            product_floor: 0.2,
            idf_power: 0.7,
            min_documents: 2,
            damping: 2.0,
            balance: 0.4,
            class_name: 2.0,
        }
    }
}

impl Settings {
    /// The textbook recipe to compare with: TF-IDF of character 2–4-grams of scope and products, every clause alike,
    /// no names, and the same linear model.
    #[must_use]
    pub fn textbook() -> Settings {
        Settings {
            shortest: 2,
            longest: 4,
            half_clauses: f32::INFINITY,
            aside_weight: 1.0,
            name_weight: 0.0,
            name_only: 0.0,
            name_end: 0.0,
            product_floor: 1.0,
            idf_power: 1.0,
            min_documents: 2,
            damping: 1.0,
            balance: 0.0,
            class_name: 0.0,
        }
    }
}
