import type { UrlFacts } from '../core/tool-call.ts'

const MAX_LENGTH = 2_048 // addresses of documents are shorter; a longer one carries something out

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443, 'ftp:': 21, 'ws:': 80, 'wss:': 443 }

// Names that resolve to the machine itself, to its network, or to a cloud's metadata service.
const LOCAL_NAMES = /^(?:localhost|.*\.localhost|.*\.local|.*\.internal|.*\.lan|.*\.home\.arpa|metadata|.*\.localdomain|.*\.(?:corp|home|intranet|private|svc|consul|onion|alt)|ip6-localhost|ip6-loopback)$/
const METADATA_NAMES = /^(?:metadata\.google\.internal|metadata|instance-data(?:\..*)?)$/
// Public names whose answer is an address written in the name: they exist to reach private hosts.
const ECHO_NAMES = /(?:^|\.)(?:nip\.io|sslip\.io|xip\.io|localtest\.me|lvh\.me|vcap\.me|lacolhost\.com)$/

/**
 * What a URL says of where it leads. A port that is not the scheme's own is part of `host`, so that a list must name it;
 * an address with a name or password in it is invalid, as is one over 2,048 characters. Parsing is the WHATWG one that fetchers use, so `0x7f.1` is read as they read it.
 */
export function urlFacts (text: string): UrlFacts {
  const url = parse(text)
  if (url === null) return { url: text.slice(0, 256), scheme: '', host: '', port: 0, address: 'invalid' }
  const name = url.hostname.toLowerCase().replace(/\.$/, '')
  return {
    url: withoutCredentials(url),
    scheme: url.protocol.slice(0, -1),
    host: url.port === '' ? name : `${name}:${url.port}`,
    port: url.port === '' ? DEFAULT_PORTS[url.protocol] ?? 0 : Number(url.port),
    address: url.username === '' && url.password === '' ? addressKind(name) : 'invalid',
  }
}

function parse (text: string): URL | null {
  // Tabs and line ends are dropped and `\\` is read as `/`: the host that is found would not be the one a reader sees.
  // eslint-disable-next-line no-control-regex
  if (text.length > MAX_LENGTH || /[\x00-\x1f\x7f\\]/.test(text)) return null
  try {
    return new URL(text)
  } catch {
    return null // no absolute URL: the caller is told by `invalid`
  }
}

// A key in a URL must not reach the ledger.
function withoutCredentials (url: URL): string {
  const copy = new URL(url)
  copy.username = ''
  copy.password = ''
  return copy.href
}

function addressKind (host: string): UrlFacts['address'] {
  if (host === '') return 'invalid'
  if (host.startsWith('[')) return v6Kind(host.slice(1, -1))
  const v4 = v4Of(host)
  if (v4 !== null) return v4Kind(v4)
  if (METADATA_NAMES.test(host)) return 'link-local'
  if (host === 'localhost' || host.endsWith('.localhost')) return 'loopback'
  return LOCAL_NAMES.test(host) || ECHO_NAMES.test(host) || !host.includes('.') ? 'private' : 'name'
}

// The URL parser has already turned decimal, octal, hexadecimal and short forms into four numbers.
function v4Of (host: string): number | null {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(host)?.slice(1).map(Number)
  return parts === undefined ? null : parts.reduce((value, part) => value * 256 + part, 0)
}

// RFC 6890 and the registries behind it: base, prefix length, kind. The first that holds the address counts.
const V4_BLOCKS: ReadonlyArray<readonly [string, number, UrlFacts['address']]> = [
  ['127.0.0.0', 8, 'loopback'], ['0.0.0.0', 8, 'loopback'], ['169.254.0.0', 16, 'link-local'], ['100.100.100.200', 32, 'link-local'], ['192.0.0.192', 32, 'link-local'], ['168.63.129.16', 32, 'link-local'],
  ['10.0.0.0', 8, 'private'], ['172.16.0.0', 12, 'private'], ['192.168.0.0', 16, 'private'], ['100.64.0.0', 10, 'private'], ['192.0.0.0', 24, 'private'], ['192.0.2.0', 24, 'private'],
  ['198.18.0.0', 15, 'private'], ['198.51.100.0', 24, 'private'], ['203.0.113.0', 24, 'private'], ['224.0.0.0', 4, 'private'], ['240.0.0.0', 4, 'private'],
]

function v4Kind (address: number): UrlFacts['address'] {
  const found = V4_BLOCKS.find(([base, length]) => Math.floor(address / 2 ** (32 - length)) === Math.floor((v4Of(base) ?? 0) / 2 ** (32 - length)))
  return found?.[2] ?? 'public'
}

function v6Kind (host: string): UrlFacts['address'] {
  const groups = expandV6(host)
  const [first = 0, second = 0] = groups
  const embedded = embeddedV4(groups)
  if (groups.slice(0, 7).every((group) => group === 0) && (groups[7] ?? 0) <= 1) return 'loopback'
  if (embedded !== null) return v4Kind(embedded)
  if ((first & 0xffc0) === 0xfe80) return 'link-local'
  if (first === 0xfd00 && second === 0x0ec2) return 'link-local' // metadata of a large cloud, over IPv6
  if ((first & 0xfe00) === 0xfc00 || (first & 0xffc0) === 0xfec0 || (first & 0xff00) === 0xff00) return 'private'
  return (first & 0xe000) === 0x2000 && !(first === 0x2001 && second === 0x0db8) ? 'public' : 'private'
}

function expandV6 (host: string): number[] {
  const [head = '', tail] = host.split('::')
  const groups = (text: string): number[] => text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
  const start = groups(head)
  const end = groups(tail ?? '')
  return tail === undefined ? start : [...start, ...new Array<number>(Math.max(0, 8 - start.length - end.length)).fill(0), ...end]
}

// IPv4-mapped, IPv4-compatible, NAT64 and 6to4 addresses lead to the IPv4 host written inside.
function embeddedV4 (groups: readonly number[]): number | null {
  const low = (at: number): number => (groups[at] ?? 0) * 65_536 + (groups[at + 1] ?? 0)
  const zeros = (count: number): boolean => groups.slice(0, count).every((group) => group === 0)
  if ((zeros(5) && groups[5] === 0xffff) || zeros(6)) return low(6)
  if (zeros(4) && groups[4] === 0xffff && groups[5] === 0) return low(6)
  if (groups[0] === 0x64 && groups[1] === 0xff9b) return low(6)
  return groups[0] === 0x2002 ? low(1) : null
}
