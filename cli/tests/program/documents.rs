//! What the page of the events shows of this program.

use crate::shell::Shell;
use parlor_tests::TestServer;

const PAGE: &str = include_str!("../../../openapi/pages/events.html");

/// The room of the page's examples.
const EXAMPLE_ROOM: &str = "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90";

/// The page's commands without the program's name, each as its words.
fn commands(room: &str) -> Vec<Vec<String>> {
    let (_, blocks) = PAGE.split_once("<h4>Terminal</h4>").unwrap();
    let lines = blocks
        .split("<h4>Terminal</h4>")
        .map(|block| block.split("<code>").nth(1).unwrap().split("</code>").next().unwrap());
    let words = lines.map(|line| {
        let line = line.replace("&#39;", "'").replace(EXAMPLE_ROOM, room);
        // What stands in quotes is one word.
        let parts = line.split('\'').enumerate().flat_map(|(at, part)| match at % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        });
        parts.collect::<Vec<_>>()
    });
    words.map(|words| words.strip_prefix(&["parlor".to_owned()]).unwrap().to_vec()).collect()
}

#[tokio::test]
async fn the_commands_of_the_page_of_the_events_send_a_message_and_print_it() {
    let server = TestServer::start().await;
    let ada = Shell::of("ada", &server.url()).await;
    let room = ada.run(&["rooms", "create", "kitchen"]).await.lines()[0].to_owned();
    let (sends, tails): (Vec<_>, Vec<_>) =
        commands(&room).into_iter().partition(|command| command.first().is_some_and(|name| name == "send"));
    assert_eq!((sends.len(), tails.len()), (1, 2));
    for command in sends.iter().chain(&tails) {
        let mut words: Vec<_> = command.iter().map(String::as_str).collect();
        if words[0] == "tail" {
            words.extend(["--count", "1"]);
        }
        let ended = ada.run(&words).await;
        assert_eq!(ended.lines().len(), 1, "{words:?}: {ended:?}");
        assert!(words[0] == "send" || ended.out.contains("Hello, world"), "{words:?}: {ended:?}");
    }
}
