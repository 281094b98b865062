//! Installations to test: a fresh database and as many servers on it as a test
//! wants.

use std::{
    fs::File,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use guildhall_client::Client as Api;
use guildhall_persistence::{
    Backend,
    testing::{TestDatabase, backends},
};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A password that zxcvbn lets pass.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// Longer than anything here takes, so that a hang is a failure.
const PATIENCE: Duration = Duration::from_mins(1);

/// Waits for what comes to pass by itself.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A database, a data folder and the environment of the servers on them.
pub(crate) struct Installation {
    pub(crate) database: TestDatabase,
    pub(crate) backend: Backend,
    folder: TempDir,
    environment: Vec<(String, String)>,
}

impl Installation {
    /// A fresh one on each backend that this machine has.
    pub(crate) fn on_each_backend() -> Vec<Self> {
        backends().into_iter().map(Self::new).collect()
    }

    /// A fresh one, without rate limits, in development mode.
    pub(crate) fn new(backend: Backend) -> Self {
        Self::on(TestDatabase::new(backend), backend)
    }

    /// One whose database was never migrated.
    pub(crate) fn unmigrated(backend: Backend) -> Self {
        Self::on(TestDatabase::empty(backend), backend)
    }

    /// One on that database.
    pub(crate) fn at(database: TestDatabase) -> Self {
        let backend = database.url().backend();
        Self::on(database, backend)
    }

    fn on(database: TestDatabase, backend: Backend) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let installation = Self { database, backend, folder, environment: Vec::new() };
        let url = installation.database.url_text();
        let data = installation.folder.path().display().to_string();
        installation
            .with("DATABASE_URL", &url)
            .with("GUILDHALL_DATA_DIR", &data)
            .with("GUILDHALL_LISTEN", "127.0.0.1:0")
            .with("GUILDHALL_RATE_LIMITS", "off")
            .with("GUILDHALL_LOG_FORMAT", "json")
    }

    /// The same with an environment variable set.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Whether its servers tell metrics.
    fn is_measured(&self) -> bool {
        self.environment.iter().any(|(name, _)| name == "GUILDHALL_METRICS_LISTEN")
    }

    /// Where the servers' data and logs are.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The binary with this installation's environment and nothing else.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guildhall"));
        command
            .args(arguments)
            .env_clear()
            .envs(self.environment.iter().cloned())
            .current_dir(self.folder());
        command
    }

    /// Runs a command line to its end, with `input` on its standard input.
    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // One that refuses its arguments ends without reading.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// Starts a server and waits until it listens.
    pub(crate) fn serve(&self) -> Server {
        Server::start(self, self.command(&["serve"]))
    }

    /// The same of one that a signal, such as `XFSZ`, does not end.
    pub(crate) fn serve_deaf_to(&self, signal: &str) -> Server {
        let serve = self.command(&["serve"]);
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &format!("trap '' {signal}; exec \"$@\""), "sh"])
            .arg(serve.get_program())
            .args(serve.get_args())
            .env_clear()
            .envs(self.environment.iter().cloned())
            .current_dir(self.folder());
        Server::start(self, shell)
    }

    /// Every value of every row of every table, in one text; bytes as hex.
    pub(crate) fn contents(&self) -> String {
        let database = &self.database;
        let tables = match self.backend {
            Backend::Sqlite => "select group_concat(name) from sqlite_master where type = 'table'",
            Backend::Postgres => {
                "select string_agg(tablename, ',') from pg_tables where schemaname = 'public'"
            }
        };
        let rows = |table: &str| match self.backend {
            Backend::Sqlite => {
                let columns = format!(
                    "select group_concat('quote(\"' || name || '\")', ' || char(10) || ')
                     from pragma_table_info('{table}')"
                );
                let columns = database.text(&columns).unwrap();
                database.text(&format!("select group_concat({columns}, char(10)) from {table}"))
            }
            Backend::Postgres => database
                .text(&format!("select string_agg(row_to_json(t)::text, ' ') from {table} t")),
        };
        let tables = database.text(tables).unwrap();
        tables.split(',').filter_map(rows).collect::<Vec<_>>().join("\n").to_lowercase()
    }

    /// An id as it stands in the database.
    pub(crate) fn id(&self, column: &str, id: &str) -> String {
        let uuid = id.split_once('-').unwrap().1;
        match self.backend {
            Backend::Sqlite => format!("lower(hex({column})) = '{}'", uuid.replace('-', "")),
            Backend::Postgres => format!("{column} = '{uuid}'"),
        }
    }

    /// Makes a platform admin by the command line.
    pub(crate) fn create_admin(&self, email: &str) {
        let output = self.run(&["admin", "create", "--email", email, "--name", "Root"], PASSWORD);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// A running server. It is killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) base: String,
    metrics: Option<String>,
    log: PathBuf,
    client: Client,
}

impl Server {
    fn start(installation: &Installation, mut command: Command) -> Self {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let log = installation.folder().join(format!("log-{number}"));
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("Guildhall is listening on ").map(str::to_owned));
        let Some(base) = address else {
            let log = std::fs::read_to_string(&log).unwrap();
            panic!("the server did not start ({:?}): {log}", child.wait());
        };
        let metrics = installation.is_measured().then(|| {
            let mut lines = lines.by_ref().map_while(Result::ok);
            lines.find_map(|line| line.strip_prefix("Metrics: ").map(str::to_owned)).unwrap()
        });
        // Whatever else it prints is read, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        let client = Client::builder().timeout(PATIENCE).build().unwrap();
        Self { child, base, metrics, log, client }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Where its metrics are read.
    pub(crate) fn metrics(&self) -> Option<&str> {
        self.metrics.as_deref()
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// The typed client, for whoever bears that token. It sends each request
    /// once.
    pub(crate) fn api(&self, token: &str) -> Api {
        let builder = Api::builder(&self.base).timeout(PATIENCE).retries(0);
        builder.token(token).build().unwrap()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Everything it has logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Resident memory in kilobytes.
    pub(crate) fn resident_kilobytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Response {
        self.client.get(self.url(path)).bearer_auth(token).send().await.unwrap()
    }

    pub(crate) async fn delete(&self, path: &str, token: &str) -> Response {
        self.client.delete(self.url(path)).bearer_auth(token).send().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Response {
        self.client.post(self.url(path)).json(body).send().await.unwrap()
    }

    pub(crate) async fn post_as(&self, path: &str, token: &str, body: &Value) -> Response {
        self.client.post(self.url(path)).bearer_auth(token).json(body).send().await.unwrap()
    }

    /// Any request with a JSON body, or without one.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        token: &str,
        body: Option<&Value>,
    ) -> Response {
        let method = method.parse().unwrap();
        let mut request = self.client.request(method, self.url(path)).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(body);
        }
        request.send().await.unwrap()
    }

    /// The id of the organization that a user's list begins with.
    pub(crate) async fn first_organization(&self, token: &str) -> String {
        self.json("/api/organizations", token).await[0]["id"].as_str().unwrap().to_owned()
    }

    /// The id of a user.
    pub(crate) async fn user_id(&self, token: &str) -> String {
        self.json("/api/auth/me", token).await["id"].as_str().unwrap().to_owned()
    }

    /// A GET that must be a 200, as JSON.
    pub(crate) async fn json(&self, path: &str, token: &str) -> Value {
        let response = self.get(path, token).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.unwrap()
    }

    pub(crate) async fn register(&self, email: &str, organization: Option<&str>) -> Response {
        let mut body = json!({ "email": email, "password": PASSWORD, "name": "Ada Lovelace" });
        if let Some(organization) = organization {
            body["organization"] = organization.into();
        }
        self.post("/api/auth/register", &body).await
    }

    /// Registers and returns the token.
    pub(crate) async fn registered(&self, email: &str, organization: Option<&str>) -> String {
        let response = self.register(email, organization).await;
        assert_eq!(response.status(), StatusCode::CREATED, "{email}");
        token_of(response).await
    }

    pub(crate) async fn log_in(&self, email: &str, password: &str) -> Response {
        self.post("/api/auth/login", &json!({ "email": email, "password": password })).await
    }

    /// Signs in and returns the token.
    pub(crate) async fn logged_in(&self, email: &str) -> String {
        let response = self.log_in(email, PASSWORD).await;
        assert_eq!(response.status(), StatusCode::OK, "{email}");
        token_of(response).await
    }

    /// Sends a signal by name, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let status =
            Command::new("kill").arg(format!("-{name}")).arg(self.pid().to_string()).status();
        assert!(status.unwrap().success());
    }

    /// Whether its process has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for its end and returns the exit code; none after a signal.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the server did not end: {}", self.log());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn token_of(response: Response) -> String {
    let body: Value = response.json().await.unwrap();
    body["access_token"].as_str().unwrap().to_owned()
}

/// Status and JSON body of an answer.
pub(crate) async fn parts(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status}: {text}"));
    (status, body)
}
