import { leaksFromPages } from './browser-leaks.ts'
import { carriedSecrets, carriesEnvironment, sendsKept } from './carried-secrets.ts'
import type { SecretName, Signs } from './content-facts.ts'
import { dropsEverything } from './database-signs.ts'
import { loopsForever } from './endless-loops.ts'
import { givesAway } from './given-away.ts'
import { hidesItself } from './hidden-characters.ts'
import { hidesWords } from './hidden-words.ts'
import { infraSigns } from './infra-signs.ts'
import { joinedSecrets } from './joined-secrets.ts'
import { loadsFromElsewhere } from './outside-code.ts'
import { plainSigns } from './plain-signs.ts'
import { plantsFiles } from './planted-files.ts'
import { removesHome } from './removed-homes.ts'
import { saidSigns, scriptPushes } from './said-commands.ts'
import { showsSecrets, tellsSecrets } from './shown-secrets.ts'
import { shadowsProgram } from './shadowed-programs.ts'
import { shellLines } from './shell-lines.ts'
import { spreads, startsItself } from './spreading-starts.ts'

/** Styles are read by browsers alone, and give away nothing else. */
export const STYLE = /\.(?:css|scss|sass|less)$/i

// Languages that describe machines.
const INFRA = /\.(?:tf|tofu|hcl|nomad|bicep)$/

/**
 * What a text of any language gives away that is more than its own calls.
 *
 * @param kind of a script of a shell each line is a command; data is read by tools alone
 */
export function trapSigns (path: string, text: string, kind: 'code' | 'data' | 'script', isSecret: SecretName): Signs {
  const signs: Signs['signs'] = new Set()
  if (leaksFromPages(text)) signs.add('sends-secrets')
  if (hidesItself(path, text) || loadsFromElsewhere(path, text)) signs.add('remote-code')
  if (plantsFiles(path, text)) signs.add('persists')
  if (kind === 'script' && (scriptPushes(path, shellLines(path, text)) || shadowsProgram(path, text))) signs.add('delivers')
  if (kind !== 'data' && hidesWords(text, kind === 'script')) signs.add('remote-code')
  if (kind === 'code' ? loopsForever(text) || startsItself(text) : kind === 'script' && spreads(shellLines(path, text).join('\n'))) signs.add('endless')
  if (kind === 'data' || INFRA.test(path)) for (const sign of infraSigns(path, text, isSecret)) signs.add(sign)
  if (kind === 'code' && (dropsEverything(path, text) || removesHome(path, text))) signs.add('destroys')
  const carried = kind === 'data' ? [] : carriedSecrets(text, isSecret)
  if (carried.length > 0 || (kind === 'code' && (carriesEnvironment(text) || sendsKept(text) || givesAway(path, text)))) signs.add('sends-secrets')
  if (kind === 'code' && showsSecrets(text)) signs.add('reads-secret')
  if (kind === 'code' && tellsSecrets(text)) signs.add('sends-secrets')
  const joined = kind === 'code' ? joinedSecrets(text, isSecret) : []
  if (joined.length > 0) signs.add('reads-secret')
  const said = kind === 'code' ? saidSigns(path, text, isSecret) : null
  const plain = kind === 'code' ? plainSigns(path, text, isSecret) : null
  return { signs: new Set([...signs, ...said?.signs ?? [], ...plain?.signs ?? []]), secrets: new Set([...carried, ...joined, ...said?.secrets ?? [], ...plain?.secrets ?? []]) }
}
