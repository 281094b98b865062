//! A PostgreSQL cluster of the test process's own.

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

use crate::DatabaseUrl;

/// A running cluster. It is stopped and removed by a watchdog when it is dropped,
/// or this process ends, and the pipe to it closes.
pub(super) struct Cluster {
    port: u16,
    binaries: PathBuf,
    folder: PathBuf,
    _watchdog: Child,
}

/// What a cluster begins with.
#[derive(Clone, Copy)]
pub(super) enum Origin<'a> {
    /// Nothing. It is quick, and may forget its last commits when it crashes.
    Scratch,
    /// Nothing. It keeps what it has acknowledged.
    Durable,
    /// A copy of a running one, which it follows as a standby.
    CopyOf(&'a Cluster),
}

/// How often another port is tried when somebody else took the one that was
/// free.
const ATTEMPTS: u32 = 5;

impl Cluster {
    /// The cluster of this process, or none where PostgreSQL is not installed.
    pub(super) fn shared() -> Option<&'static Self> {
        static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
        CLUSTER.get_or_init(Self::start_if_installed).as_ref()
    }

    /// The cluster of this process.
    pub(super) fn required() -> &'static Self {
        Self::shared().expect("PostgreSQL is installed; ask `backends()` first")
    }

    /// Where a database of this cluster is.
    pub(super) fn url(&self, database: &str) -> DatabaseUrl {
        format!("postgres://guildhall@127.0.0.1:{}/{database}", self.port)
            .parse()
            .expect("the address is well-formed")
    }

    fn start_if_installed() -> Option<Self> {
        if let Some(binaries) = binaries() {
            return Some(Self::start(&binaries, Origin::Scratch));
        }
        #[expect(clippy::disallowed_methods, reason = "a switch of the tests, not of the service")]
        let required = env::var("GUILDHALL_REQUIRE_POSTGRES").is_ok_and(|value| value == "1");
        assert!(
            !required,
            "GUILDHALL_REQUIRE_POSTGRES is 1, but no PostgreSQL is installed: neither `pg_config` \
             nor /usr/lib/postgresql nor the PATH leads to `initdb`"
        );
        // Unlike `eprintln!`, this is not held back by the test harness.
        let _ = writeln!(
            io::stderr(),
            "No PostgreSQL is installed: its tests are left out, SQLite alone is tested."
        );
        None
    }

    /// Another cluster, of whoever asks.
    pub(super) fn start(binaries: &Path, origin: Origin<'_>) -> Self {
        let last = (1..ATTEMPTS).find_map(|_| Self::try_start(binaries, origin).ok());
        last.unwrap_or_else(|| {
            Self::try_start(binaries, origin)
                .unwrap_or_else(|log| panic!("PostgreSQL did not start:\n{log}"))
        })
    }

    fn try_start(binaries: &Path, origin: Origin<'_>) -> Result<Self, String> {
        let folder = tempfile::Builder::new()
            .prefix("guildhall-postgres-")
            .tempdir()
            .expect("a temporary folder can be made");
        if let Some(user) = unprivileged_user() {
            give(folder.path(), user);
        }
        let mut watchdog = unprivileged(Path::new("sh"));
        let port = free_port();
        // From here on the watchdog removes the folder.
        let folder = folder.keep();
        watchdog
            .args(["-c", include_str!("start-cluster.sh"), "start-cluster.sh"])
            .arg(binaries)
            .arg(&folder)
            .arg(port.to_string())
            .args(match origin {
                Origin::Scratch => ["off".to_owned(), String::new()],
                Origin::Durable => ["on".to_owned(), String::new()],
                Origin::CopyOf(primary) => ["on".to_owned(), primary.port.to_string()],
            })
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut watchdog, 0);
        let mut watchdog = watchdog.spawn().expect("a shell can be started");
        let mut output = BufReader::new(watchdog.stdout.take().expect("it is piped"));
        let mut outcome = String::new();
        output.read_line(&mut outcome).expect("the shell says how it went");
        if outcome.trim() == "ready" {
            let binaries = binaries.to_owned();
            return Ok(Self { port, binaries, folder, _watchdog: watchdog });
        }
        drop(watchdog.stdin.take());
        output.read_to_string(&mut outcome).expect("the shell says why it failed");
        let _ = watchdog.wait();
        Err(outcome)
    }

    /// Where the programs are that it was made with.
    pub(super) fn binaries(&self) -> &Path {
        &self.binaries
    }

    /// Where it listens.
    pub(super) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Runs `pg_ctl` on it.
    pub(super) fn control(&self, arguments: &[&str]) {
        let status = unprivileged(&self.binaries.join("pg_ctl"))
            .args(arguments)
            .arg("--wait")
            .arg("--pgdata")
            .arg(self.folder.join("data"))
            .arg("--log")
            .arg(self.folder.join("server.log"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()
            .expect("pg_ctl can be run");
        assert!(status.success(), "pg_ctl {arguments:?}: {status}");
    }
}

/// A program, run as somebody whom PostgreSQL does not refuse.
fn unprivileged(program: &Path) -> Command {
    let mut command = match unprivileged_user() {
        None => Command::new(program),
        Some((user, group)) => {
            let mut command = Command::new("setpriv");
            command.args(["--reuid", &user.to_string(), "--regid", &group.to_string()]);
            command.arg("--clear-groups").arg(program);
            command
        }
    };
    command.current_dir("/");
    command
}

/// Where `initdb` and its kin are.
pub(super) fn binaries() -> Option<PathBuf> {
    let config = Command::new("pg_config").arg("--bindir").stderr(Stdio::null()).output();
    let by_config =
        config.ok().map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    let newest = |folder: &str, suffix: &str| {
        let mut versions: Vec<_> = fs::read_dir(folder)
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter_map(|name| {
                let version: f32 = name.trim_start_matches("postgresql@").parse().ok()?;
                Some((version, Path::new(folder).join(name).join(suffix)))
            })
            .collect();
        versions.sort_by(|one, other| one.0.total_cmp(&other.0));
        versions.pop().map(|(_, path)| path)
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "where programs are is no setting of the service"
    )]
    let path = env::var_os("PATH").unwrap_or_default();
    by_config
        .into_iter()
        .chain(newest("/usr/lib/postgresql", "bin"))
        .chain(newest("/opt/homebrew/opt", "bin"))
        .chain(env::split_paths(&path))
        .find(|folder| folder.join("initdb").is_file() && folder.join("pg_ctl").is_file())
}

/// User and group to run the cluster as, when this process is root's: `initdb`
/// refuses root.
fn unprivileged_user() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| -> Option<u32> {
        let output = Command::new("id").args(arguments).stderr(Stdio::null()).output().ok()?;
        String::from_utf8_lossy(&output.stdout).trim().parse().ok()
    };
    if id(&["-u"]) != Some(0) {
        return None;
    }
    ["postgres", "nobody"].iter().find_map(|user| Some((id(&["-u", user])?, id(&["-g", user])?)))
}

fn give(folder: &Path, user: (u32, u32)) {
    #[cfg(unix)]
    std::os::unix::fs::chown(folder, Some(user.0), Some(user.1))
        .expect("root can give a folder away");
    #[cfg(not(unix))]
    let _ = (folder, user);
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .expect("some port is free")
        .port()
}
