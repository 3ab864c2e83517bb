#!/usr/bin/env python3
"""Writes the seeds of fuzz_hashset: lists of digests in each form, and damaged ones."""
import os

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "hashset")
MD5, SHA1 = "0cc175b9c0f1b6a831c399e269772661", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"
SHA256 = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
MANY = "".join(f"{i * 2654435761 % 2**32:08x}{i:024x}\n" for i in range(64))
LISTS = {
    "plain": f"# ours\n{MD5}\n{SHA1}\r\n\n{SHA256}\n",
    "sums": f"{MD5}  a.exe\n{SHA1} *b c.exe\n\\{SHA256}  d\\ne\n",
    "bsd": f"MD5 (a.exe) = {MD5}\nSHA256 (b (1)) = {SHA256}\n",
    "csv": f"name,md5,sha1,sha256\n\"a,b\",{MD5},{SHA1},{SHA256}\nb,n/a,,-\n",
    "comment-header": f"# first,sha256_hash,imphash,signature\nx,{SHA256},{MD5},y\n",
    "indicators": f"type\tindicator\ndomain\texample.org\nhash\tmd5:{MD5}\n",
    "rds": f"\"SHA-1\",\"MD5\",\"CRC32\",\"FileName\"\n\"{SHA1.upper()}\",\"{MD5.upper()}\",\"0\",\"a\"\n",
    "bad": f"{MD5[:-1]}\n{MD5}0\nwhat\n\"{MD5}\nd41d8cd98f00b204e9800998ecf8427e\n() = {MD5}\n",
    "many": MANY + MANY,
}

for name, text in LISTS.items():
    with open(os.path.join(FOLDER, name), "w", encoding="utf-8", newline="") as f:
        f.write(text)
