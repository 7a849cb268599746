//! Paged lists as streams: pages are fetched as they are needed.

use crate::{Client, Error};
use futures_util::{Stream, TryStreamExt as _, stream};
use parlor_protocol::{
    Nothing,
    ids::{Epoch, RoomId},
    members::{ListMembers, Member, MemberPage},
    messages::{HistoryQuery, ListMessages, Message},
    page::{Cursor, PageLimit, Position, TimelineLimit},
    rooms::{ListRooms, Room, RoomPath, RoomSearch},
    text::SearchText,
    timeline::{ListEvents, Timeline, TimelineEvent, TimelineQuery},
    users::{SearchUsers, UserSearch, UserSummary},
};

/// How many of a listing are fetched at once.
const PAGE: u32 = 200;

/// How many entries of a timeline are fetched at once.
const ENTRIES: u32 = 500;

impl Client {
    /// Every public room, and the private ones that one is a member of, newest first; with `q` those whose names have it.
    ///
    /// ```
    /// use futures_util::TryStreamExt as _;
    ///
    /// # parlor_tests::docs::with_client(async |client, room_id| {
    /// let mut rooms = std::pin::pin!(client.rooms(None));
    /// while let Some(room) = rooms.try_next().await? {
    ///     println!("{}: {} members", room.name, room.member_count);
    /// }
    /// # Ok(()) });
    /// ```
    pub fn rooms(&self, q: Option<SearchText>) -> impl Stream<Item = Result<Room, Error>> + Send + use<> {
        listing(self.clone(), move |client, cursor| {
            let query = RoomSearch { q: q.clone(), cursor, limit: PageLimit::new(PAGE) };
            async move {
                let page = client.call::<ListRooms>(Nothing, query, Nothing).await?;
                Ok((page.data, page.next_cursor))
            }
        })
    }

    /// The accounts whose names begin with `q`.
    ///
    /// ```
    /// use futures_util::TryStreamExt as _;
    ///
    /// # parlor_tests::docs::with_client(async |client, room_id| {
    /// let found: Vec<_> = client.users(Some("ad".parse()?)).try_collect().await?;
    /// assert_eq!(found[0].username.as_str(), "ada");
    /// # Ok(()) });
    /// ```
    pub fn users(
        &self,
        q: Option<SearchText>,
    ) -> impl Stream<Item = Result<UserSummary, Error>> + Send + use<> {
        listing(self.clone(), move |client, cursor| {
            let query = UserSearch { q: q.clone(), cursor, limit: PageLimit::new(PAGE) };
            async move {
                let page = client.call::<SearchUsers>(Nothing, query, Nothing).await?;
                Ok((page.data, page.next_cursor))
            }
        })
    }

    /// The members of a room.
    ///
    /// ```
    /// use futures_util::TryStreamExt as _;
    ///
    /// # parlor_tests::docs::with_client(async |client, room_id| {
    /// let members: Vec<_> = client.members(room_id).try_collect().await?;
    /// assert_eq!(members[0].user.username.as_str(), "ada");
    /// # Ok(()) });
    /// ```
    pub fn members(&self, room_id: RoomId) -> impl Stream<Item = Result<Member, Error>> + Send + use<> {
        listing(self.clone(), move |client, cursor| {
            let query = MemberPage { cursor, limit: PageLimit::new(PAGE) };
            async move {
                let page = client.call::<ListMembers>(RoomPath { room_id }, query, Nothing).await?;
                Ok((page.data.members, page.next_cursor))
            }
        })
    }

    /// A room's messages before a `seq`, or all of them, newest first, in pages of `page_size` (at most 200).
    ///
    /// ```
    /// use futures_util::{StreamExt as _, TryStreamExt as _};
    ///
    /// # parlor_tests::docs::with_client(async |client, room_id| {
    /// let newest: Vec<_> = client.messages(room_id, None, 20).take(20).try_collect().await?;
    /// assert_eq!(newest[0].content, "Is anybody here?");
    /// # Ok(()) });
    /// ```
    pub fn messages(
        &self,
        room_id: RoomId,
        before: Option<i64>,
        page_size: u32,
    ) -> impl Stream<Item = Result<Message, Error>> + Send + use<> {
        let (client, limit) = (self.clone(), PageLimit::new(page_size));
        // Beyond the largest there is no position, and all are before it; below 0 there is none either, and nothing is.
        let first = before.map(|before| before.max(0)).and_then(Position::new);
        let pages = stream::try_unfold(Some(first), move |next| {
            let client = client.clone();
            async move {
                let Some(before) = next else { return Ok(None) };
                let query = HistoryQuery { before, after: None, page: None, limit };
                let page = client.call::<ListMessages>(RoomPath { room_id }, query, Nothing).await?;
                let next = page.pagination.next_before.and_then(Position::new).map(Some);
                Ok(Some((stream::iter(page.messages.into_iter().rev().map(Ok)), next)))
            }
        });
        pages.try_flatten()
    }

    /// A room's entries after a `seq`, oldest first, up to the newest at the time. Those of a history that takes the place of theirs
    /// meanwhile are not among them: it ends with an error.
    ///
    /// ```
    /// use futures_util::TryStreamExt as _;
    ///
    /// # parlor_tests::docs::with_client(async |client, room_id| {
    /// let log: Vec<_> = client.entries(room_id, 0).try_collect().await?;
    /// // The room was made, ada joined, and asked something.
    /// assert_eq!(log.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [1, 2, 3]);
    /// # Ok(()) });
    /// ```
    pub fn entries(
        &self,
        room_id: RoomId,
        after: i64,
    ) -> impl Stream<Item = Result<TimelineEvent, Error>> + Send + use<> {
        let client = self.clone();
        let pages = stream::try_unfold(Some((after, None)), move |next| {
            let client = client.clone();
            async move {
                let Some((after, epoch)) = next else { return Ok(None) };
                let page = client.entries_page(room_id, after, ENTRIES, epoch).await?;
                let last = page.events.last().filter(|_| page.has_more);
                let next = last.map(|last| (last.seq, Some(page.epoch)));
                Ok(Some((stream::iter(page.events.into_iter().map(Ok)), next)))
            }
        });
        pages.try_flatten()
    }

    /// A page of a room's entries after a `seq`. Those of another history than this one are an error: when a backup was put back, the
    /// numbers go on, and count something else.
    pub(crate) async fn entries_page(
        &self,
        room_id: RoomId,
        after: i64,
        limit: u32,
        epoch: Option<Epoch>,
    ) -> Result<Timeline, Error> {
        let query = TimelineQuery { after: Position::new(after), limit: TimelineLimit::new(limit) };
        let page = self.call::<ListEvents>(RoomPath { room_id }, query, Nothing).await?;
        if epoch.is_some_and(|epoch| epoch != page.epoch) {
            let detail = format!("what comes after entry {after} is of another history");
            return Err(Error::Unintelligible { what: "events", detail });
        }
        Ok(page)
    }
}

/// The items of a listing that goes on at a cursor.
fn listing<T, F, G>(client: Client, fetch: G) -> impl Stream<Item = Result<T, Error>> + Send + use<T, F, G>
where
    T: Send,
    F: Future<Output = Result<(Vec<T>, Option<Cursor>), Error>> + Send,
    G: Fn(Client, Option<Cursor>) -> F + Send,
{
    let pages = stream::try_unfold(Some(None), move |next| {
        let page = next.map(|cursor| fetch(client.clone(), cursor));
        async move {
            let Some(page) = page else { return Ok(None) };
            let (items, next) = page.await?;
            Ok(Some((stream::iter(items.into_iter().map(Ok)), next.map(Some))))
        }
    });
    pages.try_flatten()
}
