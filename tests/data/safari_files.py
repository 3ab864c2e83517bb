"""Files of Safari, as bytes, by their name below a home's Library; for browser tests."""

import datetime
import plistlib
import struct

MAC = 978307200  # seconds from 1970 to 2001
WHEN = 1680077730  # 2023-03-29T08:15:30Z


def date(seconds=0):
    return datetime.datetime(2023, 3, 29, 8, 15, 30) + datetime.timedelta(seconds=seconds)


def cookie(host, name, path="/", value="secret", flags=5):
    texts, at = b"", []
    for text in (host, name, path, value):
        at.append(56 + len(texts))
        texts += text.encode() + b"\0"
    head = struct.pack("<IIIIIIII", 56 + len(texts), 0, flags, 0, *at) + bytes(8)
    return head + struct.pack("<dd", WHEN + 3600 - MAC, WHEN - MAC) + texts


def cookies(*pages):
    whole = []
    for page in pages:
        head, at = b"", 12 + 4 * len(page)
        for one in page:
            head += struct.pack("<I", at)
            at += len(one)
        whole.append(b"\0\0\1\0" + struct.pack("<I", len(page)) + head + bytes(4) + b"".join(page))
    return b"cook" + struct.pack(f">I{len(whole)}I", len(whole), *map(len, whole)) + b"".join(whole) + bytes(8)


def leaf(url, title, **more):
    return {"WebBookmarkType": "WebBookmarkTypeLeaf", "URLString": url, "URIDictionary": {"title": title}, **more}


def folder(title, *children):
    return {"WebBookmarkType": "WebBookmarkTypeList", "Title": title, "Children": list(children)}


def tab(url, title):
    return {"TabURL": url, "TabTitle": title, "LastVisitTime": float(WHEN - MAC), "SessionState": b"\0\1"}


BOOKMARKS = folder(
    "", folder("BookmarksBar", leaf("https://a.example/", "A"), folder("Work", leaf("https://b.example/", "B"))),
    folder("com.apple.ReadingList", leaf("https://later.example/", "Later", ReadingList={"DateAdded": date(), "PreviewText": "x"})))
DOWNLOADS = {"DownloadHistory": [{
    "DownloadEntryURL": "https://a.example/tool.dmg", "DownloadEntryPath": "~/Downloads/tool.dmg",
    "DownloadEntryDateAddedKey": date(), "DownloadEntryDateFinishedKey": date(9), "DownloadEntryIdentifier": "ID",
    "DownloadEntryProgressTotalToLoad": 7, "DownloadEntryProgressBytesSoFar": 7}, "no dictionary"]}
SESSION = {"SessionVersion": "1.0", "SessionWindows": [
    {"TabStates": [tab("https://open.example/", "Open")]}, {"IsPrivateWindow": True, "TabStates": [tab("https://p.example/", "P")]}]}
CLOSED = {"ClosedTabOrWindowPersistentStates": [
    {"PersistentStateType": 0, "PersistentState": dict(tab("https://c.example/", "C"), DateClosed=date(60))},
    {"PersistentStateType": 1, "PersistentState": {"DateClosed": date(61), "TabStates": [tab("https://w.example/", "W")]}}]}
HISTORY = {"WebHistoryFileVersion": 1, "WebHistoryDates": [
    {"": "https://old.example/", "title": "Old", "lastVisitedDate": "%.1f" % (WHEN - MAC), "visitCount": 2,
     "redirectURLs": ["http://old.example/"]}]}
COOKIES = cookies([cookie("a.example", "sid"), cookie(".b.example", "id", "/x", flags=0)], [cookie("c.example", "z")])


def files():
    binary = plistlib.FMT_BINARY
    return {
        "Safari/Bookmarks.plist": plistlib.dumps(BOOKMARKS, fmt=binary),
        "Safari/Downloads.plist": plistlib.dumps(DOWNLOADS),
        "Safari/LastSession.plist": plistlib.dumps(SESSION, fmt=binary),
        "Safari/RecentlyClosedTabs.plist": plistlib.dumps(CLOSED, fmt=binary),
        "Safari/History.plist": plistlib.dumps(HISTORY, fmt=binary),
        "Cookies/Cookies.binarycookies": COOKIES,
    }


def damaged():
    """Name to bytes; each gives an anomaly."""
    loop = BOOKMARKS
    for _ in range(40):
        loop = folder("f", loop)
    return {
        "Safari/Bookmarks.plist": plistlib.dumps([1]),
        "Safari/Downloads.plist": plistlib.dumps({"DownloadHistory": 1}),
        "Safari/LastSession.plist": plistlib.dumps(SESSION, fmt=plistlib.FMT_BINARY)[:-3],
        "Safari/RecentlyClosedTabs.plist": b"bplist00" + bytes(40),
        "Safari/History.plist": plistlib.dumps({"WebHistoryDates": [{"": 5, "lastVisitedDate": b"x", "title": [1]}]})[:-30],
        "Cookies/Cookies.binarycookies": COOKIES[:-60],
    }
