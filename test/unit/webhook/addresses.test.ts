import { isIPv6 } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLoopbackAddress, isPublicAddress } from "../../../shared/webhook/public-address.ts";
import { webhookUrlProblem } from "../../../shared/webhook/webhook-url.ts";

const closed = [
  "0.0.0.0",
  "0.1.2.3",
  "10.0.0.1",
  "10.255.255.255",
  "100.64.0.1",
  "100.100.100.200",
  "100.127.255.255",
  "127.0.0.1",
  "127.255.255.254",
  "168.63.129.16",
  "169.254.169.254",
  "169.254.170.2",
  "172.16.0.1",
  "172.31.255.255",
  "192.0.0.192",
  "192.0.2.1",
  "192.88.99.1",
  "192.168.0.1",
  "198.18.0.1",
  "198.19.255.255",
  "198.51.100.7",
  "203.0.113.7",
  "224.0.0.1",
  "239.255.255.255",
  "240.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "0:0:0:0:0:0:0:1",
  "::127.0.0.1",
  "::ffff:127.0.0.1",
  "::ffff:7f00:1",
  "::ffff:169.254.169.254",
  "::FFFF:A9FE:A9FE",
  "64:ff9b::10.0.0.1",
  "64:ff9b::a9fe:a9fe",
  "64:ff9b:1::1",
  "100::1",
  "2001::1",
  "2001:0:4136:e378::1",
  "2001:db8::1",
  "2002:7f00:1::",
  "2002:a9fe:a9fe::1",
  "3fff::1",
  "5f00::1",
  "fc00::1",
  "fd00:ec2::254",
  "fdff:ffff::1",
  "fe80::1",
  "fe80::1%eth0",
  "febf::1",
  "fec0::1",
  "ff02::1",
];

const open = [
  "1.1.1.1",
  "8.8.8.8",
  "11.0.0.1",
  "9.255.255.255",
  "100.63.255.255",
  "100.128.0.0",
  "172.15.255.255",
  "172.32.0.0",
  "169.253.255.255",
  "192.167.255.255",
  "223.255.255.255",
  "2600:1f18::1",
  "2606:4700:4700::1111",
  "2a00:1450:4001:81b::200e",
  "::ffff:8.8.8.8",
  "64:ff9b::8.8.8.8",
];

const nonsense = [
  "",
  "localhost",
  "1.2.3",
  "1.2.3.4.5",
  "256.1.1.1",
  "01234.1.1.1",
  ":::",
  "1::2::3",
];

describe("addresses", () => {
  it.each(closed)("of no public network: %s", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(open)("of the public internet: %s", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each(nonsense)("that are none lead nowhere: %j", (text) => {
    expect(isPublicAddress(text)).toBe(false);
    expect(isLoopbackAddress(text)).toBe(false);
  });

  it("of this machine are known in every form", () => {
    const here = ["127.0.0.1", "127.9.9.9", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1"];
    expect(here.filter((address) => !isLoopbackAddress(address))).toEqual([]);
    expect(["128.0.0.1", "::2", "::ffff:8.8.8.8"].filter(isLoopbackAddress)).toEqual([]);
  });

  it("are judged alike in any spelling of the same IPv6 address", () => {
    const group = fc.integer({ min: 0, max: 0xffff });
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const long = groups.map((each) => each.toString(16).padStart(4, "0")).join(":");
        const short = new URL(`http://[${long}]/`).hostname.slice(1, -1);
        expect(isIPv6(short)).toBe(true);
        expect(isPublicAddress(short)).toBe(isPublicAddress(long));
        expect(isPublicAddress(long.toUpperCase())).toBe(isPublicAddress(long));
      }),
    );
  });

  it("that carry an IPv4 address are no better than that one", () => {
    const octet = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(fc.tuple(octet, octet, octet, octet), (octets) => {
        const ipv4 = octets.join(".");
        expect(isPublicAddress(`::ffff:${ipv4}`)).toBe(isPublicAddress(ipv4));
        expect(isPublicAddress(`64:ff9b::${ipv4}`)).toBe(isPublicAddress(ipv4));
      }),
    );
  });
});

const onServer = { loopback: false };
const onThisMachine = { loopback: true };

describe("the URL of a receiver", () => {
  it.each([
    "https://hooks.example.com/in",
    "https://hooks.example.com:443/in?of=switchyard",
    "https://hooks.example.com./in",
    "https://8.8.8.8/in",
    "https://[2606:4700:4700::1111]/",
    "https://xn--bcher-kva.example/",
  ])("may be %s", (url) => {
    expect(webhookUrlProblem(url, onServer)).toBeUndefined();
  });

  it.each([
    ["https://api.amazonaws.com@evil.example/", "user name"],
    ["https://@evil.example/", "user name"],
    ["https://:secret@evil.example/", "user name"],
    ["http://hooks.example.com/", "https://"],
    ["ftp://hooks.example.com/", "https://"],
    ["file:///etc/passwd", "https://"],
    ["javascript:alert(1)", "https://"],
    ["https://hooks.example.com:22/", "port"],
    ["https://hooks.example.com:6379/", "port"],
    ["https://hooks.example.com:8443/", "port"],
    ["https://hooks.example.com/#frag", "fragment"],
    ["https://hooks.example.com/\r\nHost: evil.example", "printable"],
    ["https://hooks.example.com/a b", "printable"],
    ["https:\\\\hooks.example.com\\in", "printable"],
    ["https://hooks.еxample.com/", "printable"],
    ["https://hooks.example.com/\u0000", "printable"],
    ["hooks.example.com/in", "absolute"],
    ["//hooks.example.com/in", "absolute"],
    ["https://", "absolute"],
    ["https://localhost/", "this machine"],
    ["https://LOCALHOST/", "this machine"],
    ["https://a.localhost/", "this machine"],
    ["https://127.0.0.1/", "this machine"],
    ["https://127.1/", "this machine"],
    ["https://2130706433/", "this machine"],
    ["https://0x7f.1/", "this machine"],
    ["https://0177.0.0.1/", "this machine"],
    ["https://[::1]/", "this machine"],
    ["https://[::ffff:127.0.0.1]/", "this machine"],
    ["https://0/", "public internet"],
    ["https://10.0.0.1/", "public internet"],
    ["https://169.254.169.254/latest/meta-data/", "public internet"],
    ["https://[fd00:ec2::254]/latest/meta-data/", "public internet"],
    ["https://[::ffff:a9fe:a9fe]/", "public internet"],
    ["https://[64:ff9b::a00:1]/", "public internet"],
    ["https://metadata/", "private network"],
    ["https://intranet./", "private network"],
  ])("must not be %j", (url, why) => {
    expect(webhookUrlProblem(url, onServer)?.message).toContain(why);
  });

  it("may lead to this machine where that was asked for, and still nowhere else inside", () => {
    for (const url of ["http://localhost:4701/in", "https://127.0.0.1:8443/", "http://[::1]:80/"]) {
      expect(webhookUrlProblem(url, onThisMachine)).toBeUndefined();
    }
    for (const url of [
      "http://hooks.example.com/",
      "https://10.0.0.1/",
      "http://169.254.169.254/",
      "http://user@localhost/",
      "ftp://localhost/",
    ]) {
      expect(webhookUrlProblem(url, onThisMachine), url).toBeDefined();
    }
  });
});
