//! Where settings are written: the command line, the environment, the file, in
//! this order of precedence. Here they are texts; what they mean is decided in
//! [`Configuration`](super::Configuration).

use std::{
    collections::BTreeMap,
    env,
    path::{Path, PathBuf},
};

use figment::{
    Figment, Provider,
    providers::{Format, Toml},
    value::{Dict, Value},
};

use super::keys::{self, FILE_VARIABLE, KEYS, Key};
use crate::output::Failure;

/// What the command line says of the configuration.
#[derive(Debug, Default)]
pub(crate) struct Overrides {
    /// The file to read; it must exist.
    pub(crate) file: Option<PathBuf>,
    /// Sets `listen`.
    pub(crate) listen: Option<String>,
    /// Sets `database_url`.
    pub(crate) database_url: Option<String>,
}

/// A setting that is set.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    /// What it is set to.
    pub(crate) text: String,
    /// Where, for people.
    pub(crate) source: String,
}

/// Every setting that is set, and what is set that is no setting.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    settings: BTreeMap<&'static str, Setting>,
    unknown: Vec<String>,
}

impl Sources {
    /// Reads the file and the environment of this process.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    #[expect(clippy::disallowed_methods, reason = "this is what owns the environment")]
    pub(crate) fn read(overrides: &Overrides) -> Result<Self, Failure> {
        let named = overrides.file.clone();
        let named = named.or_else(|| env::var_os(FILE_VARIABLE).map(PathBuf::from));
        let variables = env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            Some((name, value.to_string_lossy().into_owned()))
        });
        Self::collect(named.as_deref(), variables, overrides)
    }

    fn collect(
        file: Option<&Path>,
        variables: impl IntoIterator<Item = (String, String)>,
        overrides: &Overrides,
    ) -> Result<Self, Failure> {
        let mut sources = Self::default();
        match file {
            Some(path) if !path.is_file() => {
                let path = path.display();
                return Err(Failure::usage(format!(
                    "The configuration file {path} does not exist."
                )));
            }
            Some(path) => sources.add_file(path)?,
            None => sources.add_file(Path::new("guildhall.toml"))?,
        }
        for (name, text) in variables {
            sources.add_variable(&name, text);
        }
        for (path, text) in
            [("listen", &overrides.listen), ("database_url", &overrides.database_url)]
        {
            if let (Some(key), Some(text)) = (keys::by_path(path), text) {
                sources.set(key, text.clone(), "command line".to_owned());
            }
        }
        Ok(sources)
    }

    /// What a setting is set to.
    pub(crate) fn get(&self, path: &str) -> Option<&Setting> {
        self.settings.get(path)
    }

    /// Complaints about what is set that is no setting.
    pub(crate) fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// Every setting, one a line: what is in force and where it comes from.
    pub(crate) fn entries(&self) -> impl Iterator<Item = String> {
        KEYS.iter().map(|key| match self.get(key.path) {
            None => format!("{} = {} (default)", key.path, key.default),
            Some(Setting { source, .. }) if key.is_secret => {
                format!("{} = *** ({source})", key.path)
            }
            Some(Setting { text, source }) => {
                format!("{} = {} ({source})", key.path, shown(key, text))
            }
        })
    }

    fn set(&mut self, key: &Key, text: String, source: String) {
        self.settings.insert(key.path, Setting { text, source });
    }

    fn add_file(&mut self, path: &Path) -> Result<(), Failure> {
        let file = Figment::from(Toml::file_exact(path));
        if !path.exists() {
            return Ok(());
        }
        let name = path.display();
        let unreadable = |error| Failure::usage(format!("{name} cannot be read: {error}"));
        let profiles = file.data().map_err(unreadable)?;
        for dict in profiles.into_values() {
            self.add_dict("", dict, &name.to_string());
        }
        Ok(())
    }

    fn add_dict(&mut self, prefix: &str, dict: Dict, file: &str) {
        for (name, value) in dict {
            let path = format!("{prefix}{name}");
            match (keys::by_path(&path), value) {
                (Some(key), value) => match text_of(&value) {
                    Some(text) => self.set(key, text, file.to_owned()),
                    None => self.unknown.push(format!("`{path}` in {file} must be a plain value")),
                },
                (None, Value::Dict(_, inner)) => self.add_dict(&format!("{path}."), inner, file),
                (None, _) => {
                    let known = KEYS.iter().map(|key| key.path);
                    self.unknown
                        .push(format!("`{path}` in {file} is no setting{}", nearest(&path, known)));
                }
            }
        }
    }

    fn add_variable(&mut self, name: &str, text: String) {
        match keys::by_variable(name) {
            // Unset and empty are the same to most of what sets variables.
            Some(_) if text.is_empty() => {}
            Some(key) => self.set(key, text, name.to_owned()),
            None if name.starts_with("GUILDHALL_") && name != FILE_VARIABLE => {
                let known = KEYS.iter().map(|key| key.variable);
                self.unknown
                    .push(format!("The variable {name} is no setting{}", nearest(name, known)));
            }
            None => {}
        }
    }
}

/// A value of the file as it would stand in the environment.
fn text_of(value: &Value) -> Option<String> {
    Some(match value {
        Value::String(_, text) => text.clone(),
        Value::Num(_, number) => number
            .to_i128()
            .map(|n| n.to_string())
            .or_else(|| number.to_f64().map(|n| n.to_string()))?,
        // `rate_limits = true` is what people write for `on`.
        Value::Bool(_, true) => "on".to_owned(),
        Value::Bool(_, false) => "off".to_owned(),
        Value::Array(_, values) => {
            values.iter().map(text_of).collect::<Option<Vec<_>>>()?.join(",")
        }
        _ => return None,
    })
}

/// What a setting is shown as: an address of a database without its password.
fn shown(key: &Key, text: &str) -> String {
    if key.path != "database_url" {
        return text.to_owned();
    }
    text.parse::<guildhall_persistence::DatabaseUrl>()
        .map_or_else(|_| "***".to_owned(), |url| url.to_string())
}

/// The known name that somebody most likely meant.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    known
        .map(|known| (strsim::jaro_winkler(name, known), known))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map_or_else(|| ".".to_owned(), |(_, known)| format!("; did you mean `{known}`?"))
}

#[cfg(test)]
impl Sources {
    /// Settings as a test wants them, from variables alone.
    pub(crate) fn of_variables(variables: &[(&str, &str)]) -> Self {
        let mut sources = Self::default();
        for (name, text) in variables {
            sources.add_variable(name, (*text).to_owned());
        }
        sources
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_file(content: &str, variables: &[(&str, &str)], overrides: &Overrides) -> Sources {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("guildhall.toml");
        std::fs::write(&path, content).unwrap();
        let variables =
            variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        Sources::collect(Some(&path), variables, overrides).unwrap()
    }

    #[test]
    fn the_command_line_wins_over_the_environment_over_the_file() {
        let file = "listen = '127.0.0.1:1'\nmode = 'production'\nrate_limits = false\n\
                    [default_organization]\nworkspaces = 7\n[http]\ntrusted_proxies = ['10.0.0.0/8', '::1/128']\n";
        let overrides =
            Overrides { listen: Some("127.0.0.1:3".to_owned()), ..Overrides::default() };
        let variables = [("GUILDHALL_LISTEN", "127.0.0.1:2"), ("GUILDHALL_MODE", "development")];
        let sources = with_file(file, &variables, &overrides);
        for (path, text) in [
            ("listen", "127.0.0.1:3"),
            ("mode", "development"),
            ("rate_limits", "off"),
            ("default_organization.workspaces", "7"),
            ("http.trusted_proxies", "10.0.0.0/8,::1/128"),
        ] {
            assert_eq!(sources.get(path).unwrap().text, text, "{path}");
        }
        assert!(sources.unknown().is_empty());
    }

    #[test]
    fn what_is_no_setting_is_told_with_what_was_meant() {
        let variables = [("GUILDHALL_LISTN", "x"), ("HOME", "/root"), ("GUILDHALL_CONFIG", "x")];
        let sources =
            with_file("lisetn = 'x'\n[log]\nfiltre = 'x'\n", &variables, &Overrides::default());
        let told = sources.unknown().join("\n");
        assert_eq!(sources.unknown().len(), 3, "{told}");
        for meant in ["`listen`", "`log.filter`", "`GUILDHALL_LISTEN`"] {
            assert!(told.contains(meant), "{meant} in {told}");
        }
    }

    #[test]
    fn a_file_that_is_named_must_exist_and_be_toml() {
        let missing = Path::new("/nowhere/guildhall.toml");
        assert!(Sources::collect(Some(missing), [], &Overrides::default()).is_err());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("guildhall.toml");
        std::fs::write(&path, "listen = ").unwrap();
        let failure = Sources::collect(Some(&path), [], &Overrides::default()).unwrap_err();
        assert!(failure.to_string().contains("guildhall.toml"), "{failure}");
    }

    #[test]
    fn secrets_are_not_shown() {
        let sources = Sources::of_variables(&[
            ("GUILDHALL_ADMIN_PASSWORD", "hush"),
            ("DATABASE_URL", "postgres://guild:hush@localhost/guild"),
        ]);
        let shown: Vec<_> = sources.entries().collect();
        assert_eq!(shown.len(), KEYS.len());
        assert!(!shown.join("\n").contains("hush"));
    }
}
