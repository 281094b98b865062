//! What is in force, for people: every setting with its value and its source.

use guildhall_persistence::DatabaseUrl;

use super::{
    AUTO_JOINS, Configuration, REGISTRATIONS, VERIFICATIONS,
    keys::{KEYS, Key},
    sources::{Setting, Sources},
};

impl Configuration {
    /// Every setting, one a line, secrets masked.
    pub(crate) fn in_force(&self, sources: &Sources) -> impl Iterator<Item = String> {
        KEYS.iter().map(|key| match sources.get(key.path) {
            None => format!("{} = {} (default)", key.path, self.default_of(key)),
            Some(Setting { text, source }) => {
                format!("{} = {} ({source})", key.path, shown(key, text))
            }
        })
    }

    /// The default of a setting, here and now if it depends on the machine or
    /// on other settings.
    fn default_of(&self, key: &Key) -> String {
        let in_force = match key.path {
            "data_dir" => self.data_dir.as_ref().map(|path| path.display().to_string()),
            "database_url" => Some(self.database.to_string()),
            "registration" => word(&REGISTRATIONS, &self.settings.registration),
            "auto_join" => word(&AUTO_JOINS, &self.settings.auto_join),
            "email_verification" => word(&VERIFICATIONS, &self.settings.email_verification),
            "http.workers" => Some(self.server.workers.to_string()),
            _ => None,
        };
        in_force.unwrap_or_else(|| key.default.to_owned())
    }
}

fn word<T: PartialEq>(words: &[(&str, T)], value: &T) -> Option<String> {
    words.iter().find(|(_, known)| known == value).map(|(word, _)| (*word).to_owned())
}

/// The text of a setting, without its secrets.
fn shown(key: &Key, text: &str) -> String {
    const MASK: &str = "***";
    match key.path {
        _ if key.is_secret => MASK.to_owned(),
        "database_url" => {
            text.parse::<DatabaseUrl>().map_or_else(|_| MASK.to_owned(), |url| url.to_string())
        }
        _ => text.to_owned(),
    }
}
