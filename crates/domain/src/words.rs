//! Enums of words: each variant has a stable word, which files, forms and the database hold, and a name in both languages.

/// Makes such an enum. The text behind its name is what an unknown word is told to be (`no kind of contact`). Whoever calls it has
/// `Serialize` and `Deserialize` in scope.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident $fault:literal { $($(#[$vdoc:meta])* $variant:ident = $word:literal, $zh:literal, $en:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// Every one, in the order that pages list them.
            pub const ALL: &[$name] = &[$($name::$variant),+];

            /// The stable word that files, forms and the database hold.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word,)+ }
            }

            /// Chinese and English name.
            #[must_use]
            pub fn names(self) -> (&'static str, &'static str) {
                match self { $($name::$variant => ($zh, $en),)+ }
            }

            /// The name in a language.
            #[must_use]
            pub fn label(self, lang: crate::role::Lang) -> &'static str {
                let (zh, en) = self.names();
                lang.t(zh, en)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;
            /// # Errors
            /// A word that is none of them, naming those that are.
            fn from_str(s: &str) -> Result<$name, String> {
                $name::ALL.iter().copied().find(|v| v.as_str() == s).ok_or_else(|| {
                    let known: Vec<&str> = $name::ALL.iter().map(|v| v.as_str()).collect();
                    format!("`{s}` is {}; use one of {}", $fault, known.join(", "))
                })
            }
        }
    };
}
pub(crate) use words;
