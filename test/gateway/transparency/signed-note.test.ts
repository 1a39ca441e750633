import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { openCheckpoint, signCheckpoint } from '../../../gateway/transparency/checkpoint.ts'
import { parseProof, proofText } from '../../../gateway/transparency/proof-text.ts'
import { openNote, parseVerifierKey, signNote, verifierKey } from '../../../gateway/transparency/signed-note.ts'

// Keys, texts and signatures of sumdb/note/note_test.go in golang.org/x/mod (Copyright The Go Authors, BSD-3-Clause).
const PETER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
const ENOCH = 'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop'
const PETER_SEED = Buffer.from('AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz', 'base64').subarray(1)
const TEXT = 'If you think cryptography is the answer to your problem,\nthen you don\'t know what your problem is.\n'
const PETER_LINE = '\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n'
const ENOCH_LINE = '\u2014 EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n'

const peter = parseVerifierKey(PETER)
const enoch = parseVerifierKey(ENOCH)
if (peter === null || enoch === null) throw new Error('the keys of the Go package are read')

await t.test('keys, notes and signatures are those of the Go package', (t) => {
  t.equal(verifierKey(peter), PETER)
  const privateKey = createPrivateKey({ key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), PETER_SEED]), format: 'der', type: 'pkcs8' })
  t.equal(signNote(TEXT, 'PeterNeumann', privateKey), `${TEXT}\n${PETER_LINE}`)
  const both = `${TEXT}\n${PETER_LINE}${ENOCH_LINE}`
  for (const key of [peter, enoch]) t.equal(openNote(both, key), TEXT)
  t.equal(openNote(`${TEXT}\n${ENOCH_LINE}`, peter), null, 'signed by another only')
  t.end()
})

await t.test('what the Go package calls malformed or wrongly signed is refused', (t) => {
  for (const note of [
    TEXT, `${TEXT}\n`, `${TEXT}\n${PETER_LINE.slice(0, -1)}`, `\u0001${TEXT}\n${PETER_LINE}`, `\ud800${TEXT}\n${PETER_LINE}`,
    `${TEXT}\n\u2014 Bad Name ${PETER_LINE.slice(15)}`, `${TEXT}\n${PETER_LINE}Unexpected line.\n`,
    `${TEXT}\n${PETER_LINE.replace('PeterNeumann', 'CarmenSandiego')}`, `${TEXT}\n${PETER_LINE.replace('x08g', 'xxxx')}`,
    `${TEXT}\n${PETER_LINE.slice(0, 60)}ABCD${PETER_LINE.slice(60)}`, `${TEXT}\n${PETER_LINE.repeat(101)}`,
    `${TEXT}\n${PETER_LINE}${PETER_LINE.replace('ZJku', 'ZJkv')}`,
  ]) t.equal(openNote(note, peter), null, JSON.stringify(note.slice(-80)))
  for (const [start, end] of [[1, PETER.length], [0, PETER.length - 1], [0, 30]]) t.equal(parseVerifierKey(PETER.slice(start, end)), null)
  for (let at = 0; at < PETER.length; at += 1) {
    t.equal(parseVerifierKey(`${PETER.slice(0, at)}${String.fromCharCode(PETER.charCodeAt(at) + 1)}${PETER.slice(at + 1)}`), null, `character ${at} changed`)
  }
  t.equal(parseVerifierKey('PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'), null, 'another algorithm')
  t.end()
})

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const key = { name: 'weir-ledger/0123456789abcdef', publicKey }
const NOTE = signCheckpoint({ origin: key.name, size: 20, root: Buffer.alloc(32, 7) }, privateKey)

await t.test('a checkpoint is read as it was signed, and no byte of it can be another', (t) => {
  t.same(openCheckpoint(NOTE, key), { origin: key.name, size: 20, root: Buffer.alloc(32, 7) })
  t.equal(openCheckpoint(NOTE, { ...key, publicKey: createPublicKey(generateKeyPairSync('ed25519').privateKey) }), null)
  fc.assert(fc.property(fc.nat(NOTE.length - 1), fc.integer({ min: 1, max: 127 }), (at, flip) => {
    const changed = `${NOTE.slice(0, at)}${String.fromCharCode(NOTE.charCodeAt(at) ^ flip)}${NOTE.slice(at + 1)}`
    return openCheckpoint(changed, key) === null
  }))
  t.end()
})

await t.test('a signed text that is no checkpoint is none', (t) => {
  const root = Buffer.alloc(32).toString('base64')
  t.ok(openCheckpoint(signNote(`${key.name}\n5\n${root}\nextension\n`, key.name, privateKey), key))
  for (const text of ['\n', `${key.name}\n`, `other\n5\n${root}\n`, `${key.name}\n05\n${root}\n`, `${key.name}\n-1\n${root}\n`, `${key.name}\n9999999999999999\n${root}\n`, `${key.name}\n5\nAAAA\n`, `${key.name}\n5\n${root}\n\n`]) {
    t.equal(openCheckpoint(signNote(text, key.name, privateKey), key), null, JSON.stringify(text))
  }
  t.end()
})

await t.test('a proof is read as it was written, and any other text gives a proof or nothing', (t) => {
  fc.assert(fc.property(fc.nat(2 ** 40), fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 63 }), (index, hashes) => {
    const proof = { index, hashes: hashes.map((hash) => Buffer.from(hash)), checkpoint: NOTE }
    t.same(parseProof(proofText(proof)), proof)
  }), { numRuns: 50 })
  const text = proofText({ index: 3, hashes: [Buffer.alloc(32, 1)], checkpoint: NOTE })
  t.match(parseProof(text.replace('index', 'extra AAAA\nindex')), { index: 3 }, 'what is extra is passed over')
  for (const wrong of ['', text.replace('@v1', '@v2'), text.replace('index 3', 'index 03'), text.replace('index 3', 'index -3'), text.replace('AQEB', 'AQE='), text.replace('index 3\n', '')]) t.equal(parseProof(wrong), null)
  fc.assert(fc.property(fc.string({ maxLength: 300 }), (any) => parseProof(any) === null && openNote(any, key) === null))
  t.end()
})
