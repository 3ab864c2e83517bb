"""Entries of browser caches for tests: Simple Cache and Blockfile of Chromium, cache2 of Firefox. Layouts: the
structures in net/disk_cache of Chromium and netwerk/cache2 of Firefox."""
import struct

WEBKIT = 11644473600


def pickle(at, status="HTTP/1.1 200 OK", kind="image/vnd.microsoft.icon"):
    """What Chromium keeps of an answer (HttpResponseInfo); `at` in seconds since 1970."""
    headers = f"{status}\0Content-Type: {kind}\0\0".encode()
    headers += bytes(-len(headers) % 4)
    when = (at + WEBKIT) * 1000000
    body = struct.pack("<Iqqi", 3, when, when + 250000, len(headers)) + headers
    return struct.pack("<I", len(body)) + body


def simple(url, at, content=b"content", digest=True):
    """A file …_0 of the Simple Cache."""
    key = ("1/0/_dk_https://site.example https://site.example " + url).encode()
    stream0 = pickle(at)
    end = struct.pack("<QIIII", 0xF4FA6F45970D41D8, 1, 0, len(content), 0)
    last = struct.pack("<QIIII", 0xF4FA6F45970D41D8, 3 if digest else 1, 0, len(stream0), 0)
    return (struct.pack("<QIIII", 0xFCFB6D1BA7725C30, 5, len(key), 0, 0) + key + content + end + stream0
            + (bytes(32) if digest else b"") + last)


def blocks(entries, free=(), files=None):
    """(data_1, data_2) of a Blockfile: (URL, seconds) each, or with a content; numbers in `free` are not in use. A
    key of more than 160 bytes takes several blocks, one of more than 927 goes to data_2. So does a content, unless it
    is longer than 4096 bytes: then `files` gets it under its name."""
    data, used, other = b"", [], b""
    for n, (url, at, *content) in enumerate(entries):
        key, answer = url.encode(), pickle(at)
        content_at, content = 0, content[0] if content else None
        if content and len(content) > 4096:
            content_at, files["f_%06x" % (n + 1)] = 0x80000001 + n, content
        elif content:
            content_at = 0xB0020000 | (len(content) - 1) // 1024 << 24 | len(other) // 1024
            other += content + bytes(-len(content) % 1024)
        size_at = 0xB0020000 | len(other) // 1024
        other += answer + bytes(-len(answer) % 1024)
        long_at = 0
        if len(key) > 927:
            long_at = 0xB0020000 | len(other) // 1024
            other += key + bytes(-len(key) % 1024)
        head = struct.pack("<IIIiiiQiI4i4IIiiiiI", 0, 0, 0x90000001 + n, 0, 0, 0, (at + WEBKIT) * 1000000,
                           len(key), long_at, len(answer), len(content) if content else 7, 0, 0, size_at, content_at, 0, 0,
                           0, 0, 0, 0, 0, 0)
        block = head + (key if long_at == 0 else b"")
        block += bytes(-len(block) % 256)
        used += [n not in free] * (len(block) // 256)
        data += block
    bits = bytearray(8192 - 80)
    for i, bit in enumerate(used):
        bits[i // 8] |= bit << i % 8
    top = struct.pack("<IIhhiii", 0xC104CAC3, 0x20000, 1, 0, 256, len(entries), len(used))
    other_top = struct.pack("<IIhhiii", 0xC104CAC3, 0x20000, 2, 0, 1024, 0, len(other) // 1024)
    return top + bytes(80 - len(top)) + bytes(bits) + data, other_top + bytes(8192 - len(other_top)) + other


def firefox(url, at, content=b"content", version=3):
    """A file of cache2/entries."""
    key = ("O^partitionKey=%28https%2Csite.example%29,:" + url).encode()
    about = struct.pack(">IIIIIII", version, 2, at, at - 60, 0, 0xFFFFFFFF, len(key))
    about += struct.pack(">I", 0) if version >= 2 else b""
    values = b"request-method\0GET\0response-head\0HTTP/2 200 OK\r\nserver: x\r\n\0"
    hashes = bytes(4 + 2 * -(-len(content) // (256 * 1024)))
    return content + hashes + about + key + b"\0" + values + struct.pack(">I", len(content))
