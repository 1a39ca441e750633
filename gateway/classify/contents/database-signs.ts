import type { ContentSign } from '../../core/tool-call.ts'

const SPARE = String.raw`(?:\w{0,40}[_-])?(?:test|tests|testing|tmp|temp|scratch|ci|e2e|dev|sandbox|demo|example|shadow)(?:[_-]?\w*)?`
// What a database keeps as a whole; a table goes with every migration that is taken back.
const DROPS = new RegExp(String.raw`^[\t ]*DROP\s+(?:OWNED\s+BY\s|SCHEMA\s+(?:IF\s+EXISTS\s+)?["\x60[]?(?:public|app|main|dbo|prod\w*)\b|DATABASE\s+(?:IF\s+EXISTS\s+)?["\x60[]?(?!(?:IF|${SPARE})\b)\w)`, 'im')
// Starts programs of the database's machine, or reads and writes its files.
const STARTS = /\b(?:TO|FROM)\s+PROGRAM\s+'|\bxp_cmdshell\b|\bsp_OACreate\b|\bsys_exec\s*\(|\bLANGUAGE\s+['"]?(?:plpython[u23]*|plperlu|plsh)\b|\bdbms_scheduler\.create_job\b[^;]{0,200}\bEXECUTABLE\b|\bCREATE\s+FUNCTION\s+\w+\s+RETURNS\s+\w+\s+SONAME\b|\.shell\s|\.system\s/i
const FILES = /\bLOAD_FILE\s*\(\s*'\/|\bINTO\s+(?:OUT|DUMP)FILE\s+'(?!\/tmp\/)|\bCOPY\s[^;]{0,400}\b(?:FROM|TO)\s+'(?:\/(?:etc|root|home|proc|var)\/|~)|\bpg_read_(?:binary_)?file\s*\(\s*'\/|\blo_(?:import|export)\s*\([^)\n]{0,80}'\/(?:etc|root|home)/i
const FOR_ALL = /\bGRANT\s+ALL\s+(?:PRIVILEGES\s+)?ON\s+\*\.\*\s+TO\s+[^;]{0,80}@\s*['"`]%|\bALTER\s+(?:ROLE|USER)\s+["`']?(?:public|PUBLIC)\b/i

/** Signs in the text of a database's commands. */
export function databaseSigns (text: string): readonly ContentSign[] {
  const plain = text.replace(/^[\t ]*--[^\n]*/gm, '')
  return [
    ...DROPS.test(plain) ? ['destroys'] as const : [],
    ...STARTS.test(plain) || FILES.test(plain) || FOR_ALL.test(plain) ? ['harmful-command'] as const : [],
  ]
}
