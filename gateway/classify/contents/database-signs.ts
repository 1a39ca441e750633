import type { ContentSign } from '../../core/tool-call.ts'

const SPARE = String.raw`(?:\w{0,40}[_-])?(?:test|tests|testing|tmp|temp|scratch|ci|e2e|dev|sandbox|demo|example|shadow)(?:[_-]?\w*)?`
// What a database keeps as a whole; a table goes with every migration that is taken back.
const DROPS = new RegExp(String.raw`^[\t ]*DROP\s+(?:OWNED\s+BY\s|SCHEMA\s+(?:IF\s+EXISTS\s+)?["\x60[]?(?:public|app|main|dbo|prod\w*)\b|DATABASE\s+(?:IF\s+EXISTS\s+)?["\x60[]?(?!(?:IF|${SPARE})\b)\w)`, 'im')
// Starts programs of the database's machine, or reads and writes its files.
const STARTS = /\b(?:TO|FROM)\s+PROGRAM\s+'|\bxp_cmdshell\b|\bsp_OACreate\b|\bsys_exec\s*\(|\bLANGUAGE\s+['"]?(?:plpython[u23]*|plperlu|plsh)\b|\bdbms_scheduler\.create_job\b[^;]{0,200}\bEXECUTABLE\b|\bCREATE\s+FUNCTION\s+\w+\s+RETURNS\s+\w+\s+SONAME\b|\.shell\s|\.system\s/i
const FILES = /\bLOAD_FILE\s*\(\s*'\/|\bINTO\s+(?:OUT|DUMP)FILE\s+'(?!\/tmp\/)|\bCOPY\s[^;]{0,400}\b(?:FROM|TO)\s+'(?:\/(?:etc|root|home|proc|var)\/|~)|\bpg_read_(?:binary_)?file\s*\(\s*'\/|\blo_(?:import|export)\s*\([^)\n]{0,80}'\/(?:etc|root|home)/i
const FOR_ALL = /\bGRANT\s+ALL\s+(?:PRIVILEGES\s+)?ON\s+\*\.\*\s+TO\s+[^;]{0,80}@\s*['"`]%|\bALTER\s+(?:ROLE|USER)\s+["`']?(?:public|PUBLIC)\b/i

const SUPER = /\b(?:ALTER|CREATE)\s+(?:ROLE|USER)\s+[\w"`]+\s+(?:WITH\s+)?[\w\s']{0,80}?\bSUPERUSER\b/i
const AWAY = /\b(?:net\.)?http_(?:post|get|put)\w*\s*\(\s*(?:url\s*:?=>?\s*)?'https?:\/\/(?!localhost|127\.)|\butl_http\.request\s*\(|\bUPDATE\s+["`]?users?["`]?\s+SET\b(?![^;]{0,600}\bWHERE\b)[^;]{0,300}\b(?:(?:is_?admin|superuser|is_?staff)\s*=\s*(?:true|1)\b|role\s*=\s*'(?:admin|owner|root|superuser)'|(?:password\w*|passwd)\s*=\s*(?:'|crypt\())|\bfilename\s+'\/(?:etc|root|home|proc)\/|\bdblink\w*\s*\(\s*'[^'\n]{0,200}\bhost(?:addr)?=(?!localhost|127\.|10\.|192\.168\.)[\w-]+\.[\w.-]+|\bCREATE\s+(?:SUBSCRIPTION|SERVER)\b[^;]{0,300}?\bhost\s*=?\s*'?(?!localhost|127\.|10\.|192\.168\.)[\w-]+\.(?!internal\b|local\b)[\w.-]+/i
// What customers gave, all of it, in a change that every installation goes through.
const CUSTOMERS = /(?:^|;)\s*(?:DELETE\s+FROM|TRUNCATE(?:\s+TABLE)?)\s+["`]?(?:\w+\.)?["`]?(?:users?|customers?|accounts?|orders?|payments?|invoices?|transactions?|subscriptions?)["`]?\s*(?:CASCADE|RESTART\s+IDENTITY\s*(?:CASCADE)?)?\s*(?:;|$)/im
const CHANGE = /(?:^|\/)(?:migrat\w*|versions|changelog|flyway)\/|(?:^|\/)V\d[\w.]*__/
const OWN = /(?:^|[/._-])(?:tests?|spec|seeds?|fixtures?|dev|local|docker|init\w*|down|rollback|reset|clean)(?=[/._-]|$)/i

// Whatever there is, one after the other.
const EVERY = /\b(?:pg_tables|information_schema\.tables|getDBNames|listDatabases|listCollections|getCollectionNames|connection\.(?:tables|data_sources)\.each|getAllTables|inspector\.get_table_names|SHOW\s+(?:TABLES|DATABASES)|sqlite_master)\b[^]{0,300}?(?:\b(?:DROP|TRUNCATE)\s+(?:TABLE|DATABASE|SCHEMA)\b|\bdropDatabase\(|\bdrop_table\b|\bdropTable\(|\.drop\(\s*\))|\b(?:DROP|TRUNCATE)\s+TABLE\b[^;]{0,40};?'?[^;]{0,120}\|\|[^]{0,160}?\b(?:pg_tables|information_schema\.tables)\b[^;]{0,200}\\gexec/i

/** Whether a program would take all that a database holds away. Who says so in its name, or tests, is asked to. */
export function dropsEverything (path: string, text: string): boolean {
  return !OWN.test(path) && EVERY.test(text)
}

/** Signs in the text of a database's commands. */
export function databaseSigns (path: string, text: string): readonly ContentSign[] {
  const plain = text.replace(/^[\t ]*--[^\n]*/gm, '')
  return [
    ...DROPS.test(plain) || (CHANGE.test(path) && !OWN.test(path) && CUSTOMERS.test(plain)) || dropsEverything(path, plain) ? ['destroys'] as const : [],
    ...STARTS.test(plain) || FILES.test(plain) || FOR_ALL.test(plain) || AWAY.test(plain) || (SUPER.test(plain) && !OWN.test(path)) ? ['harmful-command'] as const : [],
  ]
}
