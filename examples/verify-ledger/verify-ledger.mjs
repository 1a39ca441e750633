#!/usr/bin/env node
/**
 * Checks a ledger of Weir, or an export of one, by a public key alone.
 *
 *   node verify-ledger.mjs --key KEY [--checkpoint FILE]... [--witness KEY]... [--quorum N] [--json] PATH
 *   node verify-ledger.mjs --index-key KEY --index FILE... [--json] PATH
 *
 * PATH is a data directory (`journal` and `ledger-log` in it), or a file or a folder that `weir audit export` wrote; KEY is what `weir audit key` printed,
 * kept since; each FILE is a signed checkpoint that you kept. Each witness, or N of them, must have cosigned each FILE. An index lists the
 * ledgers of all replicas, with the key of each: this one must be in it, and hold what it lists. Exit code 0: it holds; 1: it does not, and what is wrong is named; 2: usage.
 *
 * This is one file, needs nothing but Node, and shares no code with Weir: who reads it needs to trust no other program. The formats are those
 * of docs/ledger.md; the tree is that of RFC 6962, the checkpoint that of C2SP (tlog-checkpoint, signed-note), the tiles C2SP tlog-tiles.
 */
import { createHash, createPublicKey, verify } from 'node:crypto'
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const TILE = 256
const ZEROS = '0'.repeat(64)

/** What does not hold: the first entry that is wrong, or the first and the last of those among which it is; null when it is none of them. */
class Fault extends Error {
  constructor (problem, index = null, last = index) { super(problem); this.index = index; this.last = last }
}

// Hashes and the tree (RFC 6962, section 2.1)

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()
const leafOf = (hash) => sha256(Buffer.of(0), hash)
const nodeOf = (left, right) => sha256(Buffer.of(1), left, right)

/** The largest power of two below a size. */
function split (size) {
  let power = 1
  while (power * 2 < size) power *= 2
  return power
}

function treeOver (hashes) {
  if (hashes.length === 1) return hashes[0]
  const middle = split(hashes.length)
  return nodeOf(treeOver(hashes.slice(0, middle)), treeOver(hashes.slice(middle)))
}

/** A growing tree that keeps the unfinished tile of each level, and hands every tile to `onTile` as it fills. */
function growingTree (onTile) {
  const levels = []
  let size = 0
  const push = (level, hash) => {
    const at = levels[level] ??= { hashes: [], full: 0 }
    at.hashes.push(hash)
    if (at.hashes.length < TILE) return
    onTile(level, at.full, at.hashes)
    push(level + 1, treeOver(at.hashes))
    at.hashes = []
    at.full += 1
  }
  return {
    size: () => size,
    add (leaf) { push(0, leaf); size += 1 },
    finish () { levels.forEach(({ hashes, full }, level) => { if (hashes.length > 0) onTile(level, full, hashes) }) },
    root () {
      let edge = null // what is left over at a level is the last item of the one above it
      for (const { hashes } of levels) {
        const row = edge === null ? hashes : [...hashes, edge]
        if (row.length > 0) edge = treeOver(row)
      }
      return edge ?? sha256()
    },
  }
}

/** The root that a proof leads to from a leaf; null when it is no proof for this place. Its last hash is the highest. */
function rootByProof (leaf, index, size, proof) {
  if (size === 1) return proof.length === 0 ? leaf : null
  if (proof.length === 0) return null
  const middle = split(size)
  const beside = proof.at(-1)
  const below = index < middle ? rootByProof(leaf, index, middle, proof.slice(0, -1)) : rootByProof(leaf, index - middle, size - middle, proof.slice(0, -1))
  if (below === null) return null
  return index < middle ? nodeOf(below, beside) : nodeOf(beside, below)
}

// Keys and checkpoints

const NOTES = 1
const COSIGNATURES = 4
const MAX_AHEAD_S = 300 // clocks differ
const keyId = (name, key, type) => sha256(`${name}\n`, Buffer.of(type), key).subarray(0, 4)

/** `NAME+ID+KEY` of an Ed25519 key for notes or for cosignatures; null when it is none. */
function parseKey (text, type = NOTES) {
  const [, name, id, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text) ?? []
  const bytes = Buffer.from(encoded ?? '', 'base64')
  if (bytes.length !== 33 || bytes[0] !== type || keyId(name, bytes.subarray(1), type).toString('hex') !== id) return null
  return { name, id: Buffer.from(id, 'hex'), publicKey: createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: bytes.subarray(1).toString('base64url') }, format: 'jwk' }) }
}

/** A signed note's text and the signatures below it; null when it is none. */
function partsOf (note) {
  const end = note.lastIndexOf('\n\n') + 1
  if (end === 0 || !note.endsWith('\n')) return null
  const signatures = note.slice(end + 1, -1).split('\n').map((line) => {
    const [, by, encoded] = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line) ?? []
    const bytes = Buffer.from(encoded ?? '', 'base64')
    return by === undefined || bytes.length < 5 || bytes.toString('base64') !== encoded ? null : { by, bytes }
  })
  return signatures.includes(null) ? null : { text: note.slice(0, end), signatures }
}

/** That enough witnesses cosigned a checkpoint (C2SP tlog-cosignature). */
function checkWitnesses (note, witnesses, quorum) {
  const { text, signatures } = partsOf(note) ?? { text: '', signatures: [] }
  const holds = (bytes, publicKey) => {
    if (bytes.length !== 4 + 8 + 64) return false
    const time = bytes.readBigUInt64BE(4)
    return time > 0n && time <= BigInt(Math.floor(Date.now() / 1000) + MAX_AHEAD_S) && verify(null, Buffer.from(`cosignature/v1\ntime ${time}\n${text}`), publicKey, bytes.subarray(12))
  }
  const missing = witnesses.filter(({ name, id, publicKey }) => {
    const own = signatures.filter(({ by, bytes }) => by === name && bytes.subarray(0, 4).equals(id))
    if (own.length > 0 && !own.some(({ bytes }) => holds(bytes, publicKey))) throw new Fault(`the cosignature of ${name} does not hold`)
    return own.length === 0
  })
  const count = witnesses.length - missing.length
  if (count < quorum) throw new Fault(`${count} of ${quorum} witnesses have cosigned it, not ${missing.map(({ name }) => name).join(', ')}`)
}

/** The tree that a signed checkpoint speaks of. */
function openCheckpoint (note, { name, id, publicKey }, what = 'the checkpoint') {
  const wrong = new Fault(`${what} is not signed by this key, or is of another ledger`)
  const { text, signatures } = partsOf(note) ?? {}
  if (text === undefined) throw wrong
  const own = signatures.filter(({ by, bytes }) => by === name && bytes.subarray(0, 4).equals(id))
  if (own.length === 0 || !own.every(({ bytes }) => verify(null, Buffer.from(text), publicKey, bytes.subarray(4)))) throw wrong
  const [origin, size, root] = text.split('\n')
  if (origin !== name || !/^(0|[1-9]\d{0,15})$/.test(size) || Buffer.from(root, 'base64').length !== 32) throw wrong
  return { size: Number(size), root: Buffer.from(root, 'base64') }
}

/** Checkpoints that were kept, and what indexes list, smallest first, none of them over more than was signed here. */
function openKept ({ kept, heads }, key, { size, root }) {
  const marks = [...kept.map((note) => openCheckpoint(note, key, 'a checkpoint that was kept')), ...heads].filter((mark) => mark.size > 0).sort((a, b) => a.size - b.size)
  const most = marks.at(-1)?.size ?? 0
  if (most > size) throw new Fault(`${most} entries were signed once, and the last checkpoint here is over ${size}`, size, most - 1)
  if (marks.some((mark) => mark.size === size && !mark.root.equals(root))) throw new Fault(`two ledgers of ${size} entries are signed by this key: others are shown another one`)
  return marks
}

// An index of all replicas' ledgers: a signed note that names each by its key, with its size and root, and the index before it by its digest.

const INDEX = /^(\S{1,255})\nweir-ledger-index\/v1\nnumber (0|[1-9]\d{0,14})\nprevious ([0-9a-f]{64})\ntime ([1-9]\d{0,15})\n((?:log \S+ (?:0|[1-9]\d{0,15}) [A-Za-z0-9+/]{43}=\n)*)$/

function openIndex (note, { name, id, publicKey }) {
  const { text, signatures = [] } = partsOf(note) ?? {}
  const own = signatures.filter(({ by, bytes }) => by === name && bytes.subarray(0, 4).equals(id))
  const [, by, number, previous, time, lines] = own.length > 0 && own.every(({ bytes }) => verify(null, Buffer.from(text), publicKey, bytes.subarray(4))) ? INDEX.exec(text) ?? [] : []
  if (by !== name) throw new Fault('the index is not signed by this key')
  const logs = lines.split('\n').slice(0, -1).map((line) => {
    const [, keyText, size, root] = line.split(' ')
    return { keyText, key: parseKey(keyText), size: Number(size), root: Buffer.from(root, 'base64') }
  })
  if (logs.some(({ key }, at) => key === null || (at > 0 && logs[at - 1].key.name >= key.name))) throw new Fault('the index does not list ledgers in their order')
  return { number: Number(number), previous, timeMs: Number(time), logs, digest: sha256(text).toString('hex') }
}

/** That a later index lists the same ledgers, each as far or farther. */
function checkIndexes (older, newer) {
  const at = `the index ${newer.number}`
  if (newer.number === older.number && newer.digest !== older.digest) throw new Fault(`there are two indexes with the number ${newer.number}`)
  if (newer.number === older.number) return
  if (newer.number === older.number + 1 && newer.previous !== older.digest) throw new Fault(`${at} does not follow from the one before it`)
  if (newer.timeMs < older.timeMs) throw new Fault(`${at} is of an earlier time than the index ${older.number}`)
  for (const log of older.logs) {
    const now = newer.logs.find(({ key }) => key.name === log.key.name)
    if (now === undefined) throw new Fault(`${at} leaves out ${log.key.name}`)
    if (now.keyText !== log.keyText) throw new Fault(`${at} has another key for ${log.key.name}`)
    if (now.size < log.size) throw new Fault(`${at} has ${now.size} entries of ${log.key.name}, which had ${log.size}`)
    if (now.size === log.size && !now.root.equals(log.root)) throw new Fault(`${at} has another tree over the ${log.size} entries of ${log.key.name}`)
  }
}

/** The key and the trees of the ledger at a path, as indexes list them. */
function listedIn (notes, indexKey, path) {
  const indexes = notes.map((note) => openIndex(note, indexKey)).sort((a, b) => a.number - b.number)
  indexes.slice(1).forEach((index, at) => checkIndexes(indexes[at], index))
  const origin = originAt(path)
  const listed = indexes.at(-1).logs.find(({ key }) => key.name === origin)
  if (listed === undefined) throw new Fault(`the index ${indexes.at(-1).number} does not list the ledger ${origin}`)
  return { key: listed.key, heads: indexes.flatMap(({ logs }) => logs.filter(({ key }) => key.name === origin)).map(({ size, root }) => ({ size, root })) }
}

/** What a ledger calls itself; null when it cannot be told. */
function originAt (path) {
  const journal = join(path, 'journal')
  if (existsSync(journal)) {
    const [first] = readdirSync(journal).filter((name) => /^0{20}\.jsonl$/.test(name))
    const line = first === undefined ? undefined : [...take(linesOf(join(journal, first)), 2)][1]
    return line === undefined ? null : `weir-ledger/${line.bytes.toString('latin1', 0, 16)}`
  }
  const [line] = [...take(exportLines(path), 1)]
  return jsonOf(line?.bytes ?? Buffer.of())?.checkpoint?.split('\n')[0] ?? null
}

function * take (items, count) {
  for (const item of items) {
    if (count-- > 0) yield item
    if (count <= 0) return
  }
}

/** Compares a tree with the checkpoints that are over as many entries as it has now. */
function comparing (tree, marks) {
  let agreed = 0
  return () => {
    while (marks.length > 0 && marks[0].size === tree.size()) {
      const { size, root } = marks.shift()
      if (!tree.root().equals(root)) throw new Fault('the entries are not those that were signed', agreed, size - 1)
      agreed = size
    }
  }
}

// Files

/** The lines of a file. `whole`: a newline ends it. */
function * linesOf (path) {
  const file = openSync(path, 'r')
  try {
    let rest = Buffer.alloc(0)
    let number = 0
    for (;;) {
      const chunk = Buffer.allocUnsafe(1 << 20)
      const length = readSync(file, chunk, 0, chunk.length, null)
      if (length === 0) break
      const bytes = Buffer.concat([rest, chunk.subarray(0, length)])
      let from = 0
      for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, from)) {
        yield { bytes: bytes.subarray(from, end), number: number += 1, whole: true }
        from = end + 1
      }
      rest = bytes.subarray(from)
    }
    if (rest.length > 0) yield { bytes: rest, number: number + 1, whole: false }
  } finally {
    closeSync(file)
  }
}

function jsonOf (bytes) {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return null
  }
}

/** `HASH SPACE JSON`: the value, and the hash if it is that of the JSON. */
function hashedLine (bytes) {
  const hash = bytes.toString('latin1', 0, 64)
  const json = bytes.subarray(65)
  return bytes[64] === 0x20 && sha256(json).toString('hex') === hash ? { hash, value: jsonOf(json) } : null
}

function checkNext (value, index, prev) {
  if (!['decision', 'outcome', 'event'].includes(value?.kind)) throw new Fault('the entry is not JSON of an entry', index)
  if (value.index !== index) throw new Fault(`the index is ${value.index} where ${index} comes next`, index)
  if (value.prev !== prev) throw new Fault('the entry does not follow from the one before it', index)
}

// Entries that expired: a line keeps an entry's hash and holds `{"tombstone":INDEX,"segment":FIRST}`, with what the entry did to the open decisions.
// An event `entries-expired` has the SHA-256 over all such lines of one segment. Without one that fits they are nothing.

const TOMBSTONE = /^([0-9a-f]{64}) \{"tombstone":(\d{1,15}),"segment":(\d{1,15})(?:,(?:"opens":"(DEV|TEST|PROD)"|"closes":(\d{1,15})))?\}$/

function tombstoneIn (text) {
  const [, hash, index, segment, opens, closes] = TOMBSTONE.exec(text) ?? []
  return hash === undefined ? null : { text, hash, index: Number(index), segment: Number(segment), opens: opens !== undefined, closes: closes === undefined ? null : Number(closes) }
}

function expiryBook () {
  const parts = []
  const said = new Map() // what an event says, and the first that does
  return {
    add ({ text, index, segment }, file, line) {
      if (parts.at(-1)?.segment !== segment) parts.push({ segment, first: index, digest: createHash('sha256'), file, line })
      parts.at(-1).last = index
      parts.at(-1).digest.update(`${text}\n`)
    },
    note (value) {
      if (value.kind !== 'event' || value.name !== 'entries-expired') return
      const what = `${value.detail?.segment} ${value.detail?.sha256}`
      if (!said.has(what)) said.set(what, value.index)
    },
    /** @param size how many entries are signed: what says it must be one of them */
    check (report, size) {
      const found = parts.map((part) => ({ ...part, by: said.get(`${part.segment} ${part.digest.copy().digest('hex')}`) }))
      const bare = found.find(({ by }) => by === undefined)
      if (bare !== undefined) Object.assign(report, { file: bare.file, line: bare.line })
      if (bare !== undefined) throw new Fault('no entry of the ledger says that these expired, or they are not as it says', bare.first, bare.last)
      const by = Math.max(-1, ...found.map((part) => part.by))
      if (by >= size) throw new Fault(`it says that entries expired, and only ${size} entries are signed`, by)
    },
  }
}

// A data directory

/** The hashes of a journal's entries in order, each of them checked, and the chain. */
function * journalHashes (dir, report, expired) {
  const segments = readdirSync(dir).filter((name) => /^\d{20}\.jsonl$/.test(name)).sort()
  if (segments.length === 0) throw new Fault('there is no journal')
  const open = new Set() // allowed decisions without an outcome, as each segment's header names them
  let next = 0
  let prev = ZEROS
  for (const segment of segments) {
    report.file = segment
    report.line = 1
    let lines = 0
    for (const { bytes, number, whole } of linesOf(join(dir, segment))) {
      lines = report.line = number
      if (number === 1) {
        const header = whole ? hashedLine(bytes)?.value : null
        if (header?.format !== 'weir-journal' || header.version !== 1) throw new Fault('the segment header is not valid', next)
        if (header.first !== next || Number(segment.slice(0, 20)) !== next) throw new Fault(`the segment does not begin with entry ${next}, which comes next`, next)
        if (header.prev !== prev || String(header.open) !== String([...open])) throw new Fault('the segment does not follow from the one before it', next)
        continue
      }
      if (!whole && segment === segments.at(-1)) return // being written, or to be cut off at the next start
      const tombstone = whole ? tombstoneIn(bytes.toString('latin1')) : null
      if (tombstone !== null) {
        if (tombstone.index !== next) throw new Fault(`the index is ${tombstone.index} where ${next} comes next`, next)
        if (tombstone.segment !== Number(segment.slice(0, 20))) throw new Fault('the line of an expired entry is not valid', next)
        expired.add(tombstone, segment, number)
        if (tombstone.opens) open.add(next)
        open.delete(tombstone.closes)
        prev = tombstone.hash
        next = report.entries = next + 1
        yield Buffer.from(prev, 'hex')
        continue
      }
      const line = whole ? hashedLine(bytes) : null
      if (line === null) throw new Fault('the hash does not match the entry', next)
      checkNext(line.value, next, prev)
      expired.note(line.value)
      if (line.value.decision?.verdict === 'allow') open.add(next)
      open.delete(line.value.kind === 'outcome' ? line.value.of : null)
      prev = line.hash
      next = report.entries = next + 1
      yield Buffer.from(line.hash, 'hex')
    }
    if (lines === 0) throw new Fault('the segment is empty', next)
  }
}

function tilePath (level, index, width) {
  const digits = String(index).padStart(Math.ceil(String(index).length / 3) * 3, '0').match(/\d{3}/g)
  return join('tile', String(level), ...digits.map((part, at) => at < digits.length - 1 ? `x${part}` : part)) + (width === TILE ? '' : `.p/${width}`)
}

/** Notes every tile of a log that is not there or not the one that belongs there, and the first entry that tells it. */
function tileCheck (dir) {
  const faults = []
  const check = (level, index, items) => {
    const wanted = Buffer.concat(items)
    const path = tilePath(level, index, items.length)
    const full = tilePath(level, index, TILE)
    const found = [path, full].map((name) => join(dir, name)).find((name) => existsSync(name))
    const bytes = found === undefined ? null : readFileSync(found).subarray(0, wanted.length)
    if (bytes?.equals(wanted)) return
    const at = items.findIndex((item, place) => bytes?.subarray(place * item.length, (place + 1) * item.length).equals(item) === false)
    faults.push({ path, index: level === 'entries' && bytes?.length === wanted.length ? index * TILE + at : null })
  }
  return { faults, check }
}

function checkDataDir (dir, key, marks, report) {
  const log = join(dir, 'ledger-log')
  const tiles = tileCheck(log)
  const tree = growingTree(tiles.check)
  let bundle = []
  let bundles = 0
  let compare = () => {}
  let later = null // the chain is judged first: what is wrong with it is told more exactly
  const attempt = (action) => { try { action() } catch (fault) { if (!(fault instanceof Fault)) throw fault; later ??= fault } }
  let signed = null
  attempt(() => {
    const file = join(log, 'checkpoint')
    if (!existsSync(file)) throw new Fault('there is no signed checkpoint')
    signed = openCheckpoint(readFileSync(file, 'utf8'), key)
    report.size = signed.size
    compare = comparing(tree, [...openKept(marks, key, signed), signed])
  })
  const expired = expiryBook()
  for (const hash of journalHashes(join(dir, 'journal'), report, expired)) {
    if (later !== null || tree.size() >= signed.size) continue
    tree.add(leafOf(hash))
    bundle.push(Buffer.concat([Buffer.of(0, 32), hash]))
    if (bundle.length === TILE) {
      tiles.check('entries', bundles, bundle)
      bundle = []
      bundles += 1
    }
    attempt(compare)
  }
  report.file = report.line = null
  expired.check(report, Infinity)
  if (later === null && tree.size() < signed.size) throw new Fault(`${signed.size} entries were signed, and the ledger ends here`, tree.size(), signed.size - 1)
  tree.finish()
  if (bundle.length > 0) tiles.check('entries', bundles, bundle)
  const told = later === null || later.index === null ? undefined : tiles.faults.find(({ index }) => index !== null && index >= later.index && index <= later.last)
  if (told !== undefined) throw new Fault(later.message, told.index)
  if (later !== null) throw later
  if (tiles.faults.length > 0) throw new Fault(`${tiles.faults[0].path} is missing, or not what was signed`)
  expired.check(report, signed.size)
}

// An export

const ENTRY = /^\{"hash":"([0-9a-f]{64})",(?:"proof":\[((?:"[A-Za-z0-9+/=]{44}",?)*)\],)?"entry":(?=\{)/

/** The lines of an export: those of a file, or of a folder's parts in the order of its manifest. What a folder lacks is told as `problem` in place of a line. */
function * exportLines (path) {
  if (!statSync(path).isDirectory()) return yield * linesOf(path)
  const at = { number: 1, whole: true, file: 'manifest.json' }
  const name = join(path, at.file)
  if (!existsSync(name)) return yield { ...at, problem: 'the export was not ended: there is no manifest.json' }
  const manifest = jsonOf(readFileSync(name))
  const { format, version, filter, checkpoint, parts, entries, sha256: digest } = manifest ?? {}
  const isDigest = (text) => typeof text === 'string' && /^[0-9a-f]{64}$/.test(text)
  if (format !== 'weir-ledger-export-parts' || version !== 1 || !Array.isArray(parts) || !parts.every((part) => isDigest(part?.sha256) && Number.isSafeInteger(part.entries))) return yield { ...at, problem: 'it is no manifest of an export' }
  yield { ...at, bytes: Buffer.from(JSON.stringify({ format: 'weir-ledger-export', version, filter, checkpoint })) }
  let before = 0
  for (const part of parts) {
    const file = `entries/${String(before).padStart(20, '0')}-${part.sha256}.jsonl`
    if (!existsSync(join(path, file))) return yield { ...at, file, problem: 'the part is missing' }
    const found = { entries: 0, bytes: 0, hash: createHash('sha256') }
    for (const line of linesOf(join(path, file))) {
      found.entries = line.number
      found.bytes += line.bytes.length + 1
      found.hash.update(line.bytes).update('\n')
      yield { ...line, file }
    }
    if (found.entries !== part.entries || found.bytes !== part.bytes || found.hash.digest('hex') !== part.sha256) return yield { ...at, file, number: Math.max(1, found.entries), problem: 'the part is not as manifest.json has it' }
    before += part.entries
  }
  yield { ...at, bytes: Buffer.from(JSON.stringify({ entries, sha256: digest })) }
}

function checkExport (path, key, marks, report) {
  const digest = createHash('sha256')
  const tree = growingTree(() => {})
  let header = null
  let signed = null
  let compare = null
  let prev = ZEROS
  let next = 0
  let isOver = false

  const expired = expiryBook()

  const addWhole = ({ hash, value, proof, tombstone }) => {
    if (tombstone !== null && proof === null) {
      if (tombstone.index !== next) throw new Fault(`the index is ${tombstone.index} where ${next} comes next`, next)
      expired.add(tombstone, null, report.line)
      hash = tombstone.hash
    } else addHashed({ hash, value, proof })
    if (next === signed.size) throw new Fault(`only ${signed.size} entries were signed`, next)
    tree.add(leafOf(Buffer.from(hash, 'hex')))
    compare()
    prev = hash
  }
  const addHashed = ({ hash, value, proof }) => {
    if (hash === null) throw new Fault('the hash does not match the entry', next)
    if (proof !== null) throw new Fault('the line is not that of an entry', next)
    checkNext(value, next, prev)
    expired.note(value)
  }
  const addProven = ({ hash, value, proof }) => {
    const claimed = hash !== null && Number.isSafeInteger(value?.index) && value.index >= next && value.index < signed.size ? value.index : null
    const wrong = (problem) => claimed === null ? new Fault(problem, next, signed.size - 1) : new Fault(problem, claimed)
    if (hash === null || proof === null) throw wrong('the hash does not match the entry, or it has no proof')
    if (claimed === null) throw wrong('the entry is out of order, or there twice')
    if (rootByProof(leafOf(Buffer.from(hash, 'hex')), claimed, signed.size, proof)?.equals(signed.root) !== true) throw wrong('the proof does not show that the entry was signed')
    next = claimed
  }

  for (const { bytes, number, whole, file = null, problem } of exportLines(path)) {
    Object.assign(report, { file, line: number })
    if (problem !== undefined) throw header === null ? new Fault(problem) : new Fault(problem, next)
    if (isOver) throw new Fault('something follows the last line')
    if (!whole) throw header === null ? new Fault('the line has no end') : new Fault('the line has no end', next)
    if (header === null) {
      header = jsonOf(bytes)
      if (header?.format !== 'weir-ledger-export' || header.version !== 1 || typeof header.checkpoint !== 'string' || JSON.stringify(header) !== bytes.toString('utf8')) throw new Fault('the first line is no header of an export')
      signed = openCheckpoint(header.checkpoint, key)
      report.size = signed.size
      compare = comparing(tree, header.filter === null ? [...openKept(marks, key, signed), signed] : [])
      compare()
    } else if (bytes.subarray(0, 11).toString() === '{"entries":') {
      if (header.filter === null && next < signed.size) throw new Fault(`${signed.size} entries were signed, and the export ends here`, next, signed.size - 1)
      if (header.filter === null) expired.check({}, signed.size)
      if (bytes.toString() !== JSON.stringify({ entries: report.entries, sha256: digest.digest('hex') })) throw new Fault('the export is not as it was written: its last line counts other entries, or has another digest')
      isOver = true
    } else {
      const line = entryOf(bytes)
      if (header.filter === null) addWhole(line)
      else addProven(line)
      next += 1
      report.entries += 1
    }
    if (!isOver) digest.update(bytes).update('\n')
  }
  if (!isOver) throw header === null ? new Fault('the export is empty') : new Fault('the export ends before its last line', next)
}

/** The entry in a line: what stands between `"entry":` and the last brace is exactly what was hashed. `hash` is null when it is not. */
function entryOf (bytes) {
  const [head, hash, hashes] = ENTRY.exec(bytes.toString('latin1', 0, 4096)) ?? []
  if (head === undefined || bytes.at(-1) !== 0x7d) return { hash: null, value: null, proof: null, tombstone: null }
  const json = bytes.subarray(head.length, -1)
  const proof = hashes === undefined ? null : hashes.split(',').filter((part) => part !== '').map((part) => Buffer.from(part.slice(1, -1), 'base64'))
  const isPlain = proof === null || `[${hashes}]` === JSON.stringify(proof.map((one) => one.toString('base64')))
  return { hash: isPlain && sha256(json).toString('hex') === hash ? hash : null, value: jsonOf(json), proof, tombstone: tombstoneIn(`${hash} ${json.toString('latin1')}`) }
}

/** The keys that a check goes by. Throws TypeError when they are none. */
function trusted ({ key: keyText, kept, witnesses: texts = [], quorum = new Set(texts).size, indexes = [], indexKey: indexText }) {
  const indexKey = indexes.length === 0 ? null : parseKey(indexText ?? '')
  if (indexes.length > 0 && indexKey === null) throw new TypeError('an index needs the key that signed it: give what weir audit index printed')
  const key = keyText === undefined && indexKey !== null ? null : parseKey(keyText ?? '')
  if (key === null && (keyText !== undefined || indexKey === null)) throw new TypeError('this is no key: give what weir audit key printed')
  const witnesses = [...new Set(texts)].map((text) => parseKey(text, COSIGNATURES))
  if (witnesses.includes(null)) throw new TypeError('this is no key of a witness')
  if (!Number.isSafeInteger(quorum) || quorum > witnesses.length) throw new TypeError('the quorum is more than there are witnesses')
  if (witnesses.length > 0 && (kept.length === 0 || quorum < 1)) throw new TypeError('witnesses need a checkpoint that they cosigned, and a quorum of 1 or more')
  return { key, witnesses, quorum, indexes, indexKey }
}

/**
 * @param {{ path: string, key: string, kept?: readonly string[], witnesses?: readonly string[], quorum?: number, indexes?: readonly string[], indexKey?: string }} what `key` as `weir audit key` prints it, `kept`
 *   signed checkpoints, `witnesses` the keys of who must have cosigned each of them, or `quorum` of these; in place of `key`, `indexes` and what they are signed by
 * @returns {{ ok: boolean, entries: number, size: number | null, index: number | null, last: number | null, file: string | null, line: number | null, problem: string | null }}
 */
export function verifyLedger ({ path, kept = [], ...given }) {
  const { key: known, witnesses, quorum, indexes, indexKey } = trusted({ kept, ...given })
  const report = { entries: 0, size: null, file: null, line: null }
  try {
    for (const note of kept) checkWitnesses(note, witnesses, quorum)
    const listed = indexes.length === 0 ? null : listedIn(indexes, indexKey, path)
    const key = known ?? listed.key
    const marks = { kept, heads: listed?.heads ?? [] }
    const isParts = statSync(path).isDirectory() && !existsSync(join(path, 'journal')) && ['manifest.json', 'entries'].some((name) => existsSync(join(path, name)))
    if (statSync(path).isDirectory() && !isParts) checkDataDir(path, key, marks, report)
    else checkExport(path, key, marks, report)
    return { ok: true, ...report, file: null, line: null, index: null, last: null, problem: null }
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault
    return { ok: false, ...report, index: fault.index, last: fault.last, problem: fault.message }
  }
}

function main () {
  let asked
  let isJson
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options: { key: { type: 'string' }, checkpoint: { type: 'string', multiple: true }, witness: { type: 'string', multiple: true }, quorum: { type: 'string' }, index: { type: 'string', multiple: true }, 'index-key': { type: 'string' }, json: { type: 'boolean' } } })
    const { key, checkpoint = [], witness = [], quorum, index = [], 'index-key': indexKey } = values
    if ((key === undefined && indexKey === undefined) || positionals.length !== 1) throw new TypeError('a key and one path are needed')
    const textsOf = (files) => files.map((file) => readFileSync(file, 'utf8'))
    asked = { path: positionals[0], key, kept: textsOf(checkpoint), indexes: textsOf(index), indexKey, witnesses: witness, ...(quorum === undefined ? {} : { quorum: Number(quorum) }) }
    trusted(asked)
    isJson = values.json
  } catch (error) {
    process.stderr.write(`${error.message}\nusage: verify-ledger.mjs --key KEY [--checkpoint FILE]... [--witness KEY]... [--quorum N] [--index-key KEY --index FILE...] [--json] PATH\n`)
    return 2
  }
  const report = verifyLedger(asked)
  const { ok, entries, size, index, last, file, line, problem } = report
  const where = [...(index === null ? [] : [index === last ? `entry ${index}` : `entries ${index} to ${last}`]), ...(file === null ? [] : [file]), ...(line === null ? [] : [`line ${line}`]), problem].join(': ')
  process.stdout.write(isJson ? `${JSON.stringify(report)}\n` : ok ? `It holds: ${entries} entries, of a ledger of which ${size} are signed.\n` : `IT DOES NOT HOLD: ${where}\n`)
  return ok ? 0 : 1
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) process.exitCode = main()
