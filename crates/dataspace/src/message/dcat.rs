//! Catalogues and datasets as typed answers (catalog 3.1, 3.2). What others may say beside this (titles, keywords, words of their own) is kept word
//! for word in `other`. For what people choose from, see [`crate::catalog`].

use super::{Fault, Wire, envelope, typed};
use crate::odrl::Policy;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A catalogue, or one inside another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Catalog {
    /// Its identifier.
    #[serde(rename = "@id")]
    pub id: String,
    /// `Catalog`.
    #[serde(rename = "@type")]
    pub kind: String,
    /// Whose it is; the outermost says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participant_id: Option<String>,
    /// Connectors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub service: Vec<DataService>,
    /// Datasets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dataset: Vec<Dataset>,
    /// Catalogues inside it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub catalog: Vec<Catalog>,
    /// How a catalogue inside another is had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub distribution: Vec<Distribution>,
    /// Whatever else stands in it.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dataset {
    /// Its identifier.
    #[serde(rename = "@id")]
    pub id: String,
    /// Its offers; at least one.
    pub has_policy: Vec<Policy>,
    /// How it is had; at least one.
    pub distribution: Vec<Distribution>,
    /// Whatever else stands in it.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A way to have a dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Distribution {
    /// Such as `HttpData-PULL`.
    pub format: String,
    /// Whom to ask.
    pub access_service: AccessService,
    /// Offers for this way alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub has_policy: Vec<Policy>,
    /// Whatever else stands in it.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A connector, by its identifier or itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AccessService {
    /// The identifier of one in the catalogue.
    Id(String),
    /// It.
    Here(DataService),
}

/// A connector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataService {
    /// Its identifier.
    #[serde(rename = "@id")]
    pub id: String,
    /// `DataService`.
    #[serde(rename = "@type")]
    pub kind: String,
    /// Where it is reached.
    #[serde(rename = "endpointURL")]
    pub endpoint: String,
    /// Whatever else stands in it.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Wire for Catalog {
    const TYPE: &'static str = "Catalog";

    fn of(mut value: Value) -> Result<Self, Fault> {
        envelope(&value, Self::TYPE)?;
        forget_context(&mut value);
        let read: Catalog = typed(value)?;
        if read.participant_id.is_none() {
            return Err(Fault::new("participantId", "is missing").cure("say whose catalogue it is"));
        }
        for (i, dataset) in read.dataset.iter().enumerate() {
            dataset.check(&format!("dataset[{i}]."))?;
        }
        Ok(read)
    }
}

impl Wire for Dataset {
    const TYPE: &'static str = "Dataset";

    fn of(mut value: Value) -> Result<Self, Fault> {
        // The schema does not ask a dataset for its type.
        if value.is_object() && value.get("@type").is_none() {
            value["@type"] = Self::TYPE.into();
        }
        envelope(&value, Self::TYPE)?;
        forget_context(&mut value);
        let read: Dataset = typed(value)?;
        read.check("")?;
        Ok(read)
    }
}

impl Dataset {
    fn check(&self, path: &str) -> Result<(), Fault> {
        for (name, empty) in
            [("hasPolicy", self.has_policy.is_empty()), ("distribution", self.distribution.is_empty())]
        {
            if empty {
                return Err(Fault::new(format!("{path}{name}"), "must have at least one")
                    .cure("leave the dataset out"));
            }
        }
        if self.has_policy.iter().any(|p| p.target.is_some()) {
            return Err(Fault::new(format!("{path}hasPolicy"), "an offer in a catalogue has no target"));
        }
        Ok(())
    }
}

fn forget_context(value: &mut Value) {
    if let Some(members) = value.as_object_mut() {
        members.remove("@context");
    }
}
