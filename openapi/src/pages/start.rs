//! The first page: from nothing to a message.

use super::{HERE, code, page};
use parlor_protocol::{BASE_PATH, VERSION};

/// How to begin.
pub fn start() -> String {
    let main = format!(
        "<p>This server speaks version {VERSION} of Parlor's contract: rooms, messages, presence, over REST and Socket.IO. Everything \
here comes from this server; nothing else is loaded.</p>\n\
<h2>A message in five minutes</h2>\n\
<p>Make two accounts, a room, and a message. <code>TOKEN</code> is the <code>token</code> of an answer, <code>ROOM</code> the room's \
<code>id</code>.</p>\n{}\
<p>Now listen, as somebody else or as yourself. With Node 20 or later, in an empty folder:</p>\n{}\
<p>and in <code>listen.ts</code> (it is JavaScript too: <code>listen.mjs</code> runs as it stands):</p>\n{}\
<p>Start it with a token and a room, and send the message above once more: it arrives.</p>\n{}\
<h2>What to read on</h2>\n\
<ul>\n<li><a href=\"/docs/rest\">REST</a>: every endpoint, with a form to try it.</li>\n\
<li><a href=\"/docs/events\">Events</a>: every event, its payload, its acknowledgement, its errors.</li>\n\
<li><a href=\"/docs/migration\">Coming from the original server</a>: what is the same, what changed, what is new, step by step.</li>\n\
<li><a href=\"/openapi.json\">openapi.json</a> and <a href=\"/asyncapi.json\">asyncapi.json</a>: the same for programs.</li>\n\
<li>TypeScript: the package <code>@parlor/client</code> (folder <code>openapi/typescript</code>) has every type, so that no path, event \
or field can be misspelt.</li>\n\
<li>Rust: the crate <code>parlor-client</code> (folder <code>client-sdk</code>).</li>\n</ul>\n\
<h2>Four rules that spare you trouble</h2>\n\
<ol>\n<li>Send each message with a <code>clientMessageId</code> of your own. A retry with the same one is never a second message.</li>\n\
<li>Keep the <code>seq</code> of the last entry that you have. After a reconnect, <code>join_room</code> with <code>after</code> gives \
what came since: no gap, no double.</li>\n\
<li>Renew the token with <code>POST {BASE_PATH}/auth/refresh</code> before it ends, and send <code>authenticate</code> on live \
sockets.</li>\n\
<li>Match on an error's <code>type</code>; its <code>message</code> is for people and may change.</li>\n</ol>\n",
        code(&shell()),
        code("npm init -y\nnpm install socket.io-client"),
        code(LISTEN),
        code("TOKEN=... ROOM=... node listen.mjs"),
    );
    page("Start", "", &main)
}

/// What a newcomer runs.
const LISTEN: &str = include_str!("../../pages/listen.mjs");

fn shell() -> String {
    format!(
        r#"curl -X POST {HERE}{BASE_PATH}/auth/register \
  -H 'Content-Type: application/json' \
  -d '{{"username":"ada","email":"ada@example.com","password":"correct horse battery"}}'

TOKEN=...   # "token" of the answer

curl -X POST {HERE}{BASE_PATH}/rooms \
  -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
  -d '{{"name":"general"}}'

ROOM=...    # "id" of the answer

curl -X POST {HERE}{BASE_PATH}/rooms/$ROOM/messages \
  -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
  -d '{{"content":"Hello, world","clientMessageId":"my-first"}}'"#
    )
}
