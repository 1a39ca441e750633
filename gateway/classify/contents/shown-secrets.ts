const PRINT = String.raw`\b(?:print|pprint|println!?|eprintln!|puts|pp|echo|console\.\w{1,8}|log(?:ger)?\.\w{1,8}|fmt\.F?Print\w*|t\.Log\w*|IO\.(?:puts|inspect)|var_dump|var_export|print_r|WriteLine|message|cat|dbg!|write_text|writeFile\w*|WriteFile|WriteAllText|file_put_contents|res\.(?:json|send)|jsonify)\s*[( ]`
const WHOLE = String.raw`(?:\bos\.environ\b(?!\s*[.[])|\bdict\(\s*os\.environ\s*\)|\bprocess\.env\b(?!\s*[.[?])|\bENV\.(?:to_h|to_a|inspect|each|to_json|map)\b|\bos\.Environ\(\)|\benv::vars\(\)|\bSystem\.getenv\(\)|(?<![\w.])getenv\(\)|\$_(?:ENV|SERVER)\b(?!\s*\[)|\bSys\.getenv\(\)|\bSystem\.get_env\(\)|\bGetEnvironmentVariables\(\)|\bPlatform\.environment\b(?!\s*[.[])|\bprocessInfo\.environment\b(?!\s*\[))`
// All of the environment where somebody reads it.
const PRINTED = new RegExp(String.raw`${PRINT}[^\n'"]{0,60}${WHOLE}(?![^\n]{0,60}\bif\b)`)
const LOOPED = /\bfor(?:each)?\b[^\n]{0,80}\b(?:os\.environ\.items\(\)|GetEnvironmentVariables\(\)|os\.Environ\(\)|env::vars\(\)|System\.getenv\(\)\.entrySet\(\)|Object\.entries\(process\.env\)|in\s+ENV\b(?!\[))(?:(?!\bif\b|startswith|StartsWith|HasPrefix|filter|\n\n)[^]){0,160}\b(?:print\w*!?|WriteLine|Println|Printf|Log\w*|console\.\w+|puts|write)\b/
const LISTED = /\bjoin\([^\n]{0,80}\b(?:os\.environ\.items\(\)|os\.Environ\(\)|Object\.entries\(process\.env\))(?![^\n]{0,40}\b(?:if|filter)\b)|\bstrings\.Join\(\s*os\.Environ\(\)|\bSystem\.getenv\(\)\.forEach\([^;\n]{0,80}print|\bphpinfo\(\s*\)/
// All of it in what everybody's browser loads.
const BUNDLED = /\b(?:define|DefinePlugin\(|EnvironmentPlugin\(|replace\()[^]{0,120}?['"]?(?:process\.env|__ENV__|\w{1,20})['"]?\s*:\s*JSON\.stringify\(\s*process\.env\s*\)|(?:\bexport default|\bmodule\.exports\s*=|\b\w{0,20}[cC]onfig\s*=)\s*\{[^()]{0,200}?\benv\s*:\s*(?:\{\s*\.\.\.process\.env|process\.env\s*[,}\n])/
// What a machine, a framework or a login keeps, said aloud.
const KEPT = String.raw`(?:\bkeyring\.get_(?:password|credential)\(|\bRails\.application\.(?:credentials|secrets)\.(?:config|to_h|to_json|inspect|secret_key_base|read)\b|\bRails\.application\.credentials\.read\b|\.authenticators\(|\bget_frozen_credentials\(\)|\bSecretsManager\b[^\n]{0,40}get_secret_value)`
const SAID = new RegExp(String.raw`${PRINT}[^\n]{0,80}${KEPT}`)
const PROCESSES = /['"`]\/?proc\/(?:self|1|\d{1,6}|\*|\$\{[^}\n]{1,40}\}|\$?\{[^}\n]{0,40}\}|%[sdv]|#\{[^}\n]{1,40}\}|['"`]\s{0,4}[+.,][^\n]{0,40})\/?[^\n]{0,12}\benviron\b/
const MASTER_KEY = /\b(?:root|Rails\.root)(?:\.join\(|\s*\/)[^)\n]{0,20}['"]config['"]?\s*(?:,\s*['"]|\/)\s*(?:master\.key|credentials\/\w+\.key)['"]\s*\)?\.(?:read|binread)\b/
// Letters of a secret in the name of a host: whoever answers for names learns them.
const IN_HOST = /\b(?:gethostbyname|getaddrinfo|getHostAddresses|lookup\w*|resolve\w*|LookupHost|nslookup|dig)\b\(?\s*f?["'`][^"'`\n]{0,20}\$?#?\{[^}\n]{0,80}(?:hex|b32|b64|base32|base64|encode|token|secret|key)[^}\n]{0,60}\}[^"'`\n]{0,40}\.[\w-]+\.\w{2,}/i
const COOKIES = /\b(\w{1,40})\s*=\s*await\s+[\w.()]{0,40}\.(?:cookies|storageState)\([^)\n]{0,80}\)[^]{0,300}?\b(?:fetch|post|request)\(\s*['"`]https?:\/\/(?!localhost|127\.)[^]{0,160}?\b\1\b/
const COMMENT = /^[\t ]*(?:\/\/|#(?!\{|!)|\*|--)[^\n]*$/gm
const TEMPORARY = /\bmockReturnValue|\bmonkeypatch\b|\bstub_env\b/

/** Whether a program would show what nobody is to see: all of the environment, what a machine keeps for a login, another process's. */
export function showsSecrets (text: string): boolean {
  const plain = text.replace(COMMENT, '')
  if (TEMPORARY.test(plain)) return false
  return PRINTED.test(plain) || LOOPED.test(plain) || LISTED.test(plain) || BUNDLED.test(plain) || SAID.test(plain) || PROCESSES.test(plain) || MASTER_KEY.test(plain)
}

/** Whether a program would tell a stranger a secret in the name of a host, or those of a browser's session. */
export function tellsSecrets (text: string): boolean {
  return IN_HOST.test(text) || COOKIES.test(text)
}
