/** Why rules may not use a built-in, and what to do instead. */
export interface BuiltinAdvice { readonly why: string, readonly instead: string }

const FACT = 'Compare a fact of the input that the host has computed (path class, address, programs of a command, time).'
const MISSING = 'WebAssembly does not have it: the call would throw and be denied.'
const IMPURE = 'A decision depends on its input and data alone, so that it can be repeated and explained.'
const REGEX = 'Patterns are compiled again at every decision and cost more than all other rules together.'

// What was measured for OPA 0.70: native against WebAssembly, each with ordinary, odd and hostile arguments.
const ADVICE: Readonly<Record<string, BuiltinAdvice>> = {
  'glob.match': { why: 'WebAssembly answers differently: it does not escape ( ) $, and ** does not match a newline, so secrets/** misses names that native OPA catches.', instead: FACT },
  'glob.quote_meta': { why: MISSING, instead: FACT },
  'net.cidr_contains': { why: 'WebAssembly answers differently: ::ffff:10.0.0.1 is inside 10.0.0.0/8 natively, but not there.', instead: FACT },
  'net.cidr_intersects': { why: 'WebAssembly answers differently for IPv4 addresses written as IPv6.', instead: FACT },
  'net.cidr_overlap': { why: 'WebAssembly answers differently for IPv4 addresses written as IPv6.', instead: FACT },
  replace: { why: 'It never returns in WebAssembly when the text to replace is empty.', instead: 'Use split and concat with a constant separator, or trim_prefix and trim_suffix.' },
  'strings.replace_n': { why: 'It never returns in WebAssembly when a text to replace is empty.', instead: 'Use split and concat with a constant separator.' },
  'numbers.range': { why: 'A large bound makes it run for hours, and nothing stops it.', instead: 'Iterate over an array of the input or of the data.' },
  'numbers.range_step': { why: 'A large bound makes it run for hours, and nothing stops it.', instead: 'Iterate over an array of the input or of the data.' },
  'regex.split': { why: 'Outside native OPA it is a backtracking matcher: (a+)+$ makes it hang.', instead: 'Use split with a constant separator.' },
  'regex.match': { why: REGEX, instead: 'Use startswith, endswith, contains, or a fact of the input.' },
  re_match: { why: REGEX, instead: 'Use startswith, endswith, contains, or a fact of the input.' },
  'regex.is_valid': { why: REGEX, instead: FACT },
  'regex.find_all_string_submatch_n': { why: REGEX, instead: 'Use split, or a fact of the input.' },
  sprintf: { why: 'It is another function outside native OPA: %v of an object, %q, a lone % and large numbers come out differently or throw.', instead: 'Use concat("", [...]).' },
  'json.marshal': { why: 'WebAssembly sorts and escapes differently, so equal values give unequal texts.', instead: 'Compare the values themselves.' },
  'json.unmarshal': { why: 'WebAssembly accepts text after the value that native OPA refuses.', instead: 'Have the host parse it: rules compare values.' },
  'json.is_valid': { why: 'WebAssembly accepts text after the value that native OPA refuses.', instead: 'Have the host parse it: rules compare values.' },
  'base64.is_valid': { why: 'WebAssembly accepts junk characters and missing padding that native OPA refuses.', instead: FACT },
  'base64.decode': { why: 'WebAssembly accepts junk characters and missing padding that native OPA refuses.', instead: FACT },
  'base64url.decode': { why: 'WebAssembly accepts junk characters and missing padding that native OPA refuses.', instead: FACT },
  to_number: { why: 'Some texts ("-") make WebAssembly throw.', instead: 'Keep numbers as numbers in the data and the input.' },
  indexof: { why: 'WebAssembly answers 0 for an empty text, native OPA nothing.', instead: 'Use contains, startswith or split.' },
  indexof_n: { why: MISSING, instead: 'Use contains or split.' },
  format_int: { why: 'WebAssembly aborts beyond 64 bits.', instead: 'Put the value into the data as text, or leave it out of the message.' },
  ceil: { why: 'WebAssembly rounds negative numbers differently.', instead: 'Use floor or round.' },
  'time.now_ns': { why: 'A decision that asks for the time itself cannot be repeated, and WebAssembly does not have it.', instead: 'Use input.now_ms.' },
  'http.send': { why: 'WebAssembly cannot wait for an answer: the rule would silently see none.', instead: 'Put what it asks for into the data, or have the host compute a fact.' },
  'net.lookup_ip_addr': { why: 'WebAssembly cannot wait for an answer: the rule would silently see none.', instead: FACT },
  'opa.runtime': { why: 'It shows rules the environment of the process, keys included.', instead: 'Put settings into the data.' },
  'rand.intn': { why: IMPURE, instead: 'Leave chance out, or compare a fact of the input.' },
  'uuid.rfc4122': { why: IMPURE, instead: 'Use an id of the input.' },
  trace: { why: MISSING, instead: 'Use print in a test, or `weir policy eval`, which says why a rule did not fire.' },
  all: { why: 'It is deprecated, and true for an empty list.', instead: 'Use every.' },
  any: { why: 'It is deprecated.', instead: 'Use some … in.' },
}

const FAMILIES: ReadonlyArray<readonly [prefix: string, advice: BuiltinAdvice]> = [
  ['io.jwt.', { why: MISSING, instead: 'The host verifies tokens; compare input.actor.' }],
  ['crypto.', { why: MISSING, instead: 'The host verifies digests and certificates; compare its facts.' }],
  ['time.', { why: MISSING, instead: 'Compare input.now_ms and the local time of the input.' }],
  ['yaml.', { why: 'It is another parser outside native OPA: booleans and the order of keys differ.', instead: 'Put the values into data.json.' }],
  ['regex.', { why: MISSING, instead: FACT }],
  ['net.', { why: MISSING, instead: FACT }],
  ['strings.any_', { why: MISSING, instead: 'Use some … in with startswith or endswith.' }],
  ['base64', { why: 'Encoded text differs between native OPA and WebAssembly, and compares badly.', instead: FACT }],
  ['bits.', { why: 'Bit patterns hide what a rule means.', instead: 'Compare named values.' }],
  ['rego.', { why: MISSING, instead: 'Keep rules in modules of the folder.' }],
]

const OTHER: BuiltinAdvice = { why: 'WebAssembly does not have it, or was never shown to answer like native OPA.', instead: FACT }

/** What to tell an author who used a built-in that `policies/capabilities.json` does not list. */
export function builtinAdvice (name: string): BuiltinAdvice {
  if (Object.hasOwn(ADVICE, name)) return ADVICE[name] ?? OTHER
  return FAMILIES.find(([prefix]) => name.startsWith(prefix))?.[1] ?? OTHER
}
