//! Words of sets that may grow: a word that this version of the crate does not
//! know is kept as it came.

/// Defines an enum of words, with `Other` for those that are not known.
macro_rules! words {
    (
        $(#[$documentation:meta])*
        $name:ident { $($(#[$variant_documentation:meta])* $variant:ident = $word:literal,)* }
    ) => {
        $(#[$documentation])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(from = "String", into = "String")]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_documentation])* $variant,)*
            /// A word that this version of the crate does not know.
            Other(String),
        }

        impl $name {
            /// The word as the service writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)*
                    Self::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $($word => Self::$variant,)*
                    word => Self::Other(word.to_owned()),
                }
            }
        }

        impl From<String> for $name {
            fn from(word: String) -> Self {
                word.as_str().into()
            }
        }

        impl From<$name> for String {
            fn from(word: $name) -> Self {
                word.as_str().to_owned()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

pub(crate) use words;

#[cfg(test)]
mod tests {
    use crate::OrganizationRole;

    #[test]
    fn a_word_that_is_not_known_is_kept() {
        for word in ["owner", "auditor"] {
            let json = format!("\"{word}\"");
            let role: OrganizationRole = serde_json::from_str(&json).unwrap();
            assert_eq!(role.to_string(), word);
            assert_eq!(serde_json::to_string(&role).unwrap(), json);
        }
        assert_eq!(OrganizationRole::from("owner"), OrganizationRole::Owner);
        assert_eq!(OrganizationRole::from("auditor"), OrganizationRole::Other("auditor".into()));
    }
}
