import { createHash } from 'node:crypto'
import { createWasmReader, positiveSignedLeb, unsignedLeb } from './bytes.ts'
import { countImports, exportedFunctions, FUNCTION_KIND, GLOBAL_KIND, readImports } from './module.ts'
import { OP } from './opcodes.ts'
import { relocated, skipExpression, skipLocals, type PlacedGlobal } from './relocate.ts'
import { RUNTIME_PARTS_CODE } from './runtime-parts-code.ts'
import { itemsOf, listOf, readSections, SECTION, writeSections, type WasmSections } from './sections.ts'

interface RuntimeFunction { readonly index: number, readonly sha256: string }

// Where the runtime of OPA 0.70 has these functions, and what their code is there. Any other code is left as it is.
const OWN = {
  opa_memoize_init: { index: 102, sha256: 'a19189ddc57572832fa4fa372d997ccc7c2b10e96de9bb4a137feb16156c0114' },
  opa_memoize_push: { index: 103, sha256: '182cc734dca2c2b9af89cbc470cedafc25a160dee76fe83ed910db488a2b5c5b' },
  opa_memoize_pop: { index: 104, sha256: '95b4ddfcd8ed0c5e6b50fea768d78a74de5359adb9c972619c05ec400059ca83' },
  opa_memoize_insert: { index: 105, sha256: 'fc07e2bc323c634d8f7a54379f47dfd9584b469a2953e7320ff21e02ca674ac3' },
  opa_memoize_get: { index: 106, sha256: '2d38593640bbfcb38e80c50d3c4fc81e941aa57a566a9f8d8d8d33b38af1a920' },
  opa_value_compare: { index: 195, sha256: '49a6618c22fb97cc6dd7a6e3705c975b99e6f7e455883af2078316005790aa43' },
  opa_value_get: { index: 199, sha256: 'a7ddb59506b43c697d570095448ca38d36a395160995c0a6a6a2512b62cc4da5' },
  opa_value_iter: { index: 206, sha256: '97db54cd4c6ee21a19ea2fafe7a2bba18a72c40dc7a5db47ef040965357be375' },
} as const satisfies Readonly<Record<string, RuntimeFunction>>

// What the compiler puts in the place of a function that nothing calls.
const UNUSED = [0, OP.unreachable, OP.end]

interface Rules { readonly first: number, readonly count: number }

/**
 * The same policy, in which OPA's runtime looks up members and remembers rules by `runtime-parts.as.ts`: a third of the time of a
 * decision less. What the compiler of another OPA made is returned as it is.
 *
 * @throws RangeError when the module is malformed
 */
export function withRuntimeParts (wasm: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const policy = readSections(wasm)
  const imported = countImports(policy).functions
  const bodies = bodiesOf(policy)
  if (!isKnownRuntime(bodies, imported)) return wasm
  // Code may name only globals that it has: what is added here must not make valid what was not.
  if (!WebAssembly.validate(wasm)) throw new RangeError('it is not valid WebAssembly')
  return writeSections(linked(policy, rulesOf(bodies, imported)))
}

function isKnownRuntime (bodies: readonly Uint8Array[], imported: number): boolean {
  const isOwn = ({ index, sha256 }: RuntimeFunction, body = bodies[index - imported]): boolean => body !== undefined && createHash('sha256').update(body).digest('hex') === sha256
  const isUnused = ({ index }: RuntimeFunction, body = bodies[index - imported]): boolean => body?.length === UNUSED.length && UNUSED.every((byte, at) => body[at] === byte)
  return isOwn(OWN.opa_memoize_init) && Object.values(OWN).every((one) => isOwn(one) || isUnused(one))
}

/** The functions that keep what they came to: each begins by asking for what is kept under its own index. */
function rulesOf (bodies: readonly Uint8Array[], imported: number): Rules {
  const rules = bodies.flatMap((body, at) => asksForOwn(body, at + imported) ? [at + imported] : [])
  const first = rules[0] ?? 0
  return { first, count: (rules.at(-1) ?? first - 1) - first + 1 }
}

function asksForOwn (body: Uint8Array, index: number): boolean {
  const reader = createWasmReader(body)
  skipLocals(reader)
  const start = [OP.i32Const, ...positiveSignedLeb(index), OP.call, ...unsignedLeb(OWN.opa_memoize_get.index)]
  return start.every((byte, at) => body[reader.at() + at] === byte)
}

/** The parts in the place of what they do better; what they leave to it stands behind all other functions. */
function linked (policy: WasmSections, rules: Rules): WasmSections {
  const parts = readSections(Buffer.from(RUNTIME_PARTS_CODE, 'base64'))
  const imported = countImports(policy).functions
  const bodies = bodiesOf(policy)
  const types = functionTypeIndexes(policy)
  const place = createPlaces(policy, parts, (body, type) => {
    types.push(type)
    return imported + bodies.push(body) - 1
  })
  const own = bodiesOf(parts)
  const globals = globalPlaces(policy, parts, rules)
  const first = place.length - own.length
  for (const [at, body] of own.entries()) bodies[demand(place[first + at]) - imported] = relocated(body, place, globals)
  return new Map([
    ...policy,
    [SECTION.type, listOf([...typesOf(policy), ...typesOf(parts)])],
    [SECTION.function, listOf(types.map(unsignedLeb))],
    [SECTION.global, listOf([...globalsOf(policy), ...globalsOf(parts)])],
    [SECTION.code, listOf(bodies.map((body) => [...unsignedLeb(body.length), ...body]))],
  ])
}

/** Where each function of the parts is in the policy: the imported ones first, as they count them. `add` puts one behind the others. */
function createPlaces (policy: WasmSections, parts: WasmSections, add: (body: Uint8Array, type: number) => number): readonly number[] {
  const imported = countImports(policy).functions
  const bodies = bodiesOf(policy)
  const types = functionTypeIndexes(policy)
  const runtime = exportedFunctions(policy)
  const places = readImports(parts).filter(({ kind }) => kind === FUNCTION_KIND).map(({ module, name }) => {
    if (module === 'runtime') return demand(runtime.get(name))
    const at = ownOf(name).index - imported
    return add(demand(bodies[at]), demand(types[at]))
  })
  const replacing = new Map([...exportedFunctions(parts)].map(([name, index]) => [index, ownOf(name).index]))
  const partTypes = functionTypeIndexes(parts).map((type) => typesOf(policy).length + type)
  for (const [at, body] of bodiesOf(parts).entries()) places.push(replacing.get(places.length) ?? add(body, demand(partTypes[at])))
  return places
}

function globalPlaces (policy: WasmSections, parts: WasmSections, { first, count }: Rules): readonly PlacedGlobal[] {
  const before = countImports(policy).globals + globalsOf(policy).length
  return [
    ...readImports(parts).filter(({ kind }) => kind === GLOBAL_KIND).map(({ name }) => ({ value: name === 'first' ? first : count })),
    ...globalsOf(parts).map((_, at) => ({ index: before + at })),
  ]
}

function typesOf (sections: WasmSections): readonly Uint8Array[] {
  return itemsOf(sections.get(SECTION.type), (reader) => {
    reader.byte()
    reader.skip(reader.index()) // parameters
    reader.skip(reader.index()) // results
  })
}

function globalsOf (sections: WasmSections): readonly Uint8Array[] {
  return itemsOf(sections.get(SECTION.global), (reader) => {
    reader.skip(2) // type and mutability
    skipExpression(reader)
  })
}

function functionTypeIndexes (sections: WasmSections): number[] {
  const reader = createWasmReader(sections.get(SECTION.function) ?? Uint8Array.of(0))
  return Array.from({ length: reader.index() }, () => reader.index())
}

function bodiesOf (sections: WasmSections): Uint8Array[] {
  const reader = createWasmReader(sections.get(SECTION.code) ?? Uint8Array.of(0))
  return Array.from({ length: reader.index() }, () => reader.take(reader.index()))
}

function ownOf (name: string): RuntimeFunction {
  return demand(Object.entries(OWN).find(([known]) => known === name)?.[1])
}

function demand<T> (value: T | undefined): T {
  if (value === undefined) throw new RangeError('the parts of the runtime do not fit this policy')
  return value
}
