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
use strsim::normalized_damerau_levenshtein;

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
        let named = named.or_else(|| {
            let variable = env::var_os(FILE_VARIABLE).filter(|path| !path.is_empty());
            variable.map(PathBuf::from)
        });
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

    fn set(&mut self, key: &Key, text: String, source: String) {
        self.settings.insert(key.path, Setting { text, source });
    }

    fn add_file(&mut self, path: &Path) -> Result<(), Failure> {
        let file = Figment::from(Toml::file_exact(path));
        if !path.exists() {
            return Ok(());
        }
        let name = path.display();
        let unreadable = |error: figment::Error| {
            let error = without_excerpt(&error.to_string());
            Failure::usage(format!("The configuration file {name} cannot be read: {error}."))
        };
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
            None if name == FILE_VARIABLE || is_about_a_service(name, &text) => {}
            None if name.starts_with(PREFIX) => {
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

/// What every variable but `DATABASE_URL` begins with.
const PREFIX: &str = "GUILDHALL_";

/// Whether Kubernetes or Docker set the variable, to tell of a service that is
/// called `guildhall` or `guildhall-…` itself.
fn is_about_a_service(name: &str, text: &str) -> bool {
    let has_numbered_port = || {
        let mut parts = name.split("_PORT_").skip(1);
        parts.any(|part| part.starts_with(|c: char| c.is_ascii_digit()))
    };
    name.starts_with(PREFIX)
        && (name.ends_with("_SERVICE_HOST")
            || name.contains("_SERVICE_PORT")
            || (name.ends_with("_PORT") && text.contains("://"))
            || has_numbered_port())
}

/// What is wrong with a file, without the line of it, which may hold a secret.
fn without_excerpt(error: &str) -> String {
    let is_excerpt = |line: &str| {
        let line = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
        line.is_empty() || line.starts_with('|')
    };
    let lines: Vec<_> = error.lines().filter(|line| !is_excerpt(line)).collect();
    lines.join(": ")
}

/// The known name that somebody most likely meant.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let own_part = |name: &'a str| name.strip_prefix(PREFIX).unwrap_or(name);
    let meant = name.strip_prefix(PREFIX).unwrap_or(name);
    let likeness = |known: &str| {
        // `log` for `log.filter`: the name of a section where one of its settings belongs.
        let section = known.split_once('.').map(|(section, _)| section);
        if section == Some(meant) { 0.6 } else { normalized_damerau_levenshtein(meant, known) }
    };
    known
        .map(|known| (likeness(own_part(known)), known))
        .filter(|(likeness, _)| *likeness > 0.55)
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
        for content in [
            "listen = ",
            "[admin]\npassword = \"hush",
            "[admin]\npassword = hush",
            "[admin]\npassword = 'x'\npassword = 'hush'",
            "[admin]\npassword = 'x' 'hush'",
        ] {
            std::fs::write(&path, content).unwrap();
            let failure = Sources::collect(Some(&path), [], &Overrides::default()).unwrap_err();
            let told = failure.to_string();
            assert!(told.contains("guildhall.toml") && told.contains("line"), "{told}");
            assert!(!told.contains("hush") && !told.contains('\n'), "{told}");
        }
    }

    #[test]
    fn a_service_of_the_same_name_is_no_misspelt_setting() {
        let sources = Sources::of_variables(&[
            ("GUILDHALL_SERVICE_HOST", "10.0.0.1"),
            ("GUILDHALL_SERVICE_PORT", "8080"),
            ("GUILDHALL_SERVICE_PORT_HTTP", "8080"),
            ("GUILDHALL_PORT", "tcp://10.0.0.1:8080"),
            ("GUILDHALL_PORT_8080_TCP", "tcp://10.0.0.1:8080"),
            ("GUILDHALL_PORT_8080_TCP_ADDR", "10.0.0.1"),
            ("GUILDHALL_DB_PORT_5432_TCP_PROTO", "tcp"),
        ]);
        assert!(sources.unknown().is_empty(), "{:?}", sources.unknown());
        let sources = Sources::of_variables(&[("GUILDHALL_PORT", "8080")]);
        assert_eq!(sources.unknown().len(), 1);
    }

    #[test]
    fn only_what_is_alike_is_suggested() {
        let variables = || KEYS.iter().map(|key| key.variable);
        for (name, meant) in [
            ("GUILDHALL_DATABASE_URL", "DATABASE_URL"),
            ("GUILDHALL_CORS_ORIGINS", "GUILDHALL_HTTP_CORS_ORIGINS"),
            ("GUILDHALL_AUTOJOIN", "GUILDHALL_AUTO_JOIN"),
        ] {
            assert_eq!(nearest(name, variables()), format!("; did you mean `{meant}`?"));
        }
        assert_eq!(nearest("GUILDHALL_FOO", variables()), ".");
        let paths = KEYS.iter().map(|key| key.path);
        assert_eq!(nearest("shutdown", paths), "; did you mean `shutdown.grace`?");
    }
}
