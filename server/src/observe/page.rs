//! The operator's listener: `GET /metrics`, and nothing else.

use super::Metrics;
use axum::{Router, http::header, routing::get};
use std::time::Duration;
use tokio::{net::TcpListener, time};
use tokio_util::sync::CancellationToken;

/// Often enough that a busy server's single values take little room.
const TIDY_EVERY: Duration = Duration::from_secs(5);

/// Serves the figures until `stop`; a reading under way is cut off then.
pub async fn serve_metrics(listener: TcpListener, metrics: Metrics, stop: CancellationToken) {
    let page = metrics.clone();
    let answer = move || {
        let text = page.render();
        async move { ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text) }
    };
    let app = Router::new().route("/metrics", get(answer));
    let mut tidy = time::interval(TIDY_EVERY);
    let serve = async { axum::serve(listener, app).await };
    tokio::pin!(serve);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            ended = &mut serve => {
                tracing::error!(?ended, "the listener of the metrics ended");
                return;
            }
            _ = tidy.tick() => metrics.tidy(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    };

    async fn get(address: std::net::SocketAddr, path: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: metrics\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn the_operator_reads_the_figures_and_nothing_else_until_the_stop() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (metrics, stop) = (Metrics::on(), CancellationToken::new());
        metrics.batch(3);
        let server = tokio::spawn(serve_metrics(listener, metrics, stop.clone()));
        let page = get(address, "/metrics").await;
        assert!(page.starts_with("HTTP/1.1 200 OK"), "{page}");
        assert!(page.contains("content-type: text/plain; version=0.0.4"), "{page}");
        assert!(page.contains("\nparlor_batch_messages_count 1\n"), "{page}");
        assert!(get(address, "/").await.starts_with("HTTP/1.1 404"));
        stop.cancel();
        time::timeout(Duration::from_secs(5), server).await.unwrap().unwrap();
        assert!(TcpStream::connect(address).await.is_err());
    }
}
