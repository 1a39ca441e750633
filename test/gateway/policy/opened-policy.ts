import { mkdtemp, writeFile, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { tmpdir } from 'node:os'
import { packageRoot } from '../../../gateway/package-root.ts'
import { openPolicyEngine, type PolicyEngine, type PolicyEvent } from '../../../gateway/policy/engine.ts'
import { findOpa } from '../../../gateway/policy/opa-binary.ts'
import { sharedCompiledPolicies } from '../../support/compiled-policies.ts'

export const POLICIES = join(packageRoot(), 'policies')

/** The least data that are valid. */
export const DATA = {
  roles: {},
  grants: {},
  approvers: {},
  paths: { classes: [], needs: { source: 'edit', test: 'edit', docs: 'edit', config: 'edit', generated: 'edit', dependency: 'dependency', ci: 'publish', policy: 'publish' }, scratch: [], harmless: [] },
  programs: { known: {}, unknown: { DEV: 'deny', TEST: 'deny', PROD: 'deny' }, directories: [], forbidden: {}, network: {}, install: [], publish: [], readonly: [] },
  natives: { allow: [] },
  models: {},
  routes: {},
  urls: { schemes: [], addresses: [], hosts: [] },
  limits: { model_request_bytes: 0 },
}

/** A policy folder in a temporary place. Data that are not given are the least valid ones. */
export async function policyFolder (files: Readonly<Record<string, string>>): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'weir-test-policy-'))
  const all = { 'weir/data/data.json': JSON.stringify(DATA), ...files }
  for (const [path, text] of Object.entries(all)) {
    await mkdir(join(dir, dirname(path)), { recursive: true })
    await writeFile(join(dir, path), text)
  }
  return dir
}

/** A `main.rego` whose decision has this body. */
export function mainRego (body: string): string {
  return `package weir\n\nimport rego.v1\n\n${body}\n`
}

/** An answer as Rego text. */
export function answer (verdict: string, rule: string): string {
  return `{"verdict": ${verdict}, "rule": ${rule}, "reason": "r", "feedback": "f", "also": [], "obligations": {}}`
}

export async function openEngine (dir: string, onEvent: (event: PolicyEvent) => void = () => {}): Promise<PolicyEngine> {
  const shared = dir === POLICIES ? sharedCompiledPolicies() : null
  return await openPolicyEngine({ dir, opa: await findOpa(process.env), cacheDir: shared ?? await mkdtemp(join(tmpdir(), 'weir-test-cache-')), onEvent })
}
