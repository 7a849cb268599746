//! Nodes behind nginx, with the settings that `server/deploy` has for it.

use crate::cluster::{Cluster, House};
use parlor_protocol::ErrorType;
use parlor_server::config::{Config, Rate};
use parlor_tests::{DEADLINE, Person, RawSocket, Reply, soon};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::Stdio,
    time::Duration,
};
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// What of nginx's own settings has to stand around ours, for one that leaves nothing outside of its folder.
const AROUND: &str = "daemon off; master_process off; pid nginx.pid; error_log stderr;
    events { worker_connections 1024; }
    http {
        client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
        log_format ways '$remote_addr $upstream_addr $status'; access_log ways.log ways;
        include site.conf;
    }";

/// nginx in front of a cluster. It is killed when this is dropped.
struct Nginx {
    address: SocketAddr,
    folder: TempDir,
    child: Child,
}

impl Nginx {
    async fn before(cluster: &Cluster) -> Self {
        let deployed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/deploy/nginx.conf");
        let mut site = fs::read_to_string(deployed).unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let [one, two] = [&cluster.nodes[0], &cluster.nodes[1]].map(|node| node.socket.to_string());
        for (name, here) in [
            ("chat-1:5000", one.as_str()),
            ("chat-2:5000", two.as_str()),
            ("listen 80;", &format!("listen {address};")),
        ] {
            assert_eq!(site.matches(name).count(), 1, "{name}");
            site = site.replace(name, here);
        }
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("site.conf"), site).unwrap();
        fs::write(folder.path().join("nginx.conf"), AROUND).unwrap();
        // Where Debian has it, which is not on everybody's way.
        let name = if Path::new("/usr/sbin/nginx").exists() { "/usr/sbin/nginx" } else { "nginx" };
        let child = Command::new(name)
            .arg("-p")
            .arg(folder.path())
            .args(["-c", "nginx.conf", "-e", "stderr"])
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("nginx: {error}; tests/run installs it"));
        let mut nginx = Self { address, folder, child };
        nginx.is_ready().await;
        nginx
    }

    async fn is_ready(&mut self) {
        let url = self.url("/health/live");
        let ready = async {
            while !reqwest::get(&url).await.is_ok_and(|answer| answer.status().is_success()) {
                assert_eq!(self.child.try_wait().unwrap(), None, "nginx has ended");
                // There is no event to wait for before the port is open.
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        soon("nginx to be ready", ready).await;
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// To which nodes the requests of each address went.
    fn ways(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut ways = BTreeMap::<_, BTreeSet<_>>::new();
        for line in fs::read_to_string(self.folder.path().join("ways.log")).unwrap().lines() {
            let mut words = line.split(' ').map(str::to_owned);
            let (from, to) = (words.next().unwrap(), words.next().unwrap());
            ways.entry(from).or_default().insert(to);
        }
        ways
    }
}

/// Only nginx is trusted: the clients of these tests come from other addresses of this machine.
fn trusting(config: &mut Config) {
    config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
}

/// A client whose address ends so.
fn client_at(last: u8) -> Client {
    let address = IpAddr::V4(Ipv4Addr::new(127, 0, 0, last));
    Client::builder().local_address(address).timeout(DEADLINE).build().unwrap()
}

/// A person who polls by way of nginx.
struct Poller<'n> {
    http: Client,
    nginx: &'n Nginx,
    path: String,
}

impl<'n> Poller<'n> {
    async fn connect(nginx: &'n Nginx, last: u8, person: &Person) -> Self {
        let path = "/socket.io/?EIO=4&transport=polling".to_owned();
        let mut poller = Self { http: client_at(last), nginx, path };
        let open = poller.poll().await;
        let open: Value = serde_json::from_str(open.strip_prefix('0').unwrap()).unwrap();
        poller.path = format!("{}&sid={}", poller.path, open["sid"].as_str().unwrap());
        poller.send(&format!("40{}", json!({ "token": person.token() }))).await;
        poller.hears("40").await;
        poller
    }

    async fn poll(&self) -> String {
        let polled = soon("a poll", self.http.get(self.nginx.url(&self.path)).send()).await.unwrap();
        assert_eq!(polled.status(), 200, "a poll reaches the node of its session");
        soon("its packets", polled.text()).await.unwrap()
    }

    async fn send(&self, packet: &str) {
        let request = self.http.post(self.nginx.url(&self.path)).body(packet.to_owned());
        let sent = soon("a post", request.send()).await.unwrap();
        assert_eq!(sent.status(), 200, "a post reaches the node of its session");
    }

    /// Polls until a packet comes that begins so; heartbeats are answered on the way.
    async fn hears(&self, beginning: &str) -> String {
        let waiting = async {
            loop {
                for packet in self.poll().await.split('\u{1e}') {
                    if packet == "2" {
                        self.send("3").await;
                    } else if packet.starts_with(beginning) {
                        return packet.to_owned();
                    }
                }
            }
        };
        soon(beginning, waiting).await
    }
}

#[tokio::test]
async fn people_who_poll_and_people_with_websockets_talk_through_nginx() {
    let cluster = Cluster::start_with(House::PostgresAndRedis, trusting).await;
    let nginx = Nginx::before(&cluster).await;
    let [ada] = cluster.nodes[0].people(["ada"]).await;
    let room = ada.creates_room("General").await;
    let crowd = cluster.nodes[0].crowd(8).await;
    let mut pollers = Vec::new();
    for (last, person) in (11..).zip(&crowd) {
        person.joins(&room).await;
        let poller = Poller::connect(&nginx, last, person).await;
        poller.send(&format!("420{}", json!(["join_room", { "roomId": room.id }]))).await;
        poller.hears("430").await;
        pollers.push(poller);
    }
    let mut socket = RawSocket::connect(nginx.address, &ada.token()).await;
    let joined = socket.ask("join_room", &json!({ "roomId": room.id })).await;
    assert_eq!(joined["ok"], true, "{joined}");
    let sent = socket.ask("send_message", &json!({ "roomId": room.id, "content": "hello" })).await;
    assert_eq!(sent["ok"], true, "{sent}");
    for (poller, person) in pollers.iter().zip(&crowd) {
        let heard = poller.hears("42[\"receive_message\"").await;
        assert!(heard.contains("\"hello\""), "{heard}");
        let word = json!(["send_message", { "roomId": room.id, "content": person.user.username }]);
        poller.send(&format!("421{word}")).await;
        poller.hears("431").await;
        let heard = socket.hear("receive_message").await;
        let heard = if heard["content"] == "hello" { socket.hear("receive_message").await } else { heard };
        assert_eq!(heard["content"], person.user.username.as_str());
    }
    // More addresses, so that both nodes have some for certain.
    for last in 31..71 {
        let alive = client_at(last).get(nginx.url("/health/live")).send();
        assert!(soon("an answer", alive).await.unwrap().status().is_success());
    }
    // nginx notes a request after it has been answered.
    let noted = async {
        loop {
            let mut ways = nginx.ways();
            ways.remove("127.0.0.1");
            if ways.len() == 48 {
                break ways;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let clients = soon("nginx to note all 48 addresses", noted).await;
    assert!(clients.values().all(|nodes| nodes.len() == 1), "each at one node: {clients:?}");
    assert_eq!(clients.values().flatten().collect::<BTreeSet<_>>().len(), 2, "{clients:?}");
    drop(socket);
}

#[tokio::test]
async fn what_nginx_says_of_an_address_is_believed_and_what_a_client_claims_is_not() {
    let cluster = Cluster::start_with(House::PostgresAlone, |config| {
        trusting(config);
        config.limits.login_address = Some(Rate { count: 3, per: Duration::from_hours(1) });
    })
    .await;
    let nginx = Nginx::before(&cluster).await;
    let guess = async |last: u8, claimed: Option<&str>| {
        let body = json!({ "email": "nobody@example.com", "password": "not it" });
        let mut request = client_at(last).request(Method::POST, nginx.url("/api/v1/auth/login")).json(&body);
        if let Some(claimed) = claimed {
            request = request.header("x-forwarded-for", claimed);
        }
        Reply::to(request).await
    };
    for _ in 0..3 {
        guess(21, None).await.is(ErrorType::Unauthenticated);
    }
    guess(21, None).await.is(ErrorType::RateLimit);
    guess(21, Some("203.0.113.9")).await.is(ErrorType::RateLimit);
    guess(22, None).await.is(ErrorType::Unauthenticated);
    guess(23, Some("127.0.0.21")).await.is(ErrorType::Unauthenticated);
}
