import { names, type SnippetLanguage } from './snippet-language.ts'
import type { SnippetWords } from './snippet-words.ts'

// --- R: texts name functions in it, so what is handed on to be called is looked at as well.
const R_CALLS = names('c print cat mean median sd var sum min max range length nchar seq seq_len seq_along rep sort order rev round signif sqrt exp log log2 log10 log1p abs ceiling floor trunc sin cos tan asin acos atan atan2 cumsum cumprod cummax cummin diff paste paste0 sprintf format formatC prettyNum toupper tolower substr substring strsplit gsub sub grepl regmatches regexpr gregexpr startsWith endsWith trimws rownames colnames names setNames unlist list vector numeric character logical integer double matrix array data.frame dim nrow ncol head tail summary str table prop.table unique duplicated which which.max which.min any all is.na is.null is.numeric is.character ifelse switch identical all.equal stopifnot stop warning message nlevels levels factor as.numeric as.integer as.character as.logical as.factor as.Date as.POSIXct as.POSIXlt strftime strptime difftime Sys.time Sys.Date ISOdate months weekdays quantile cor cov lm glm coef predict residuals anova t.test wilcox.test chisq.test shapiro.test fivenum IQR scale cut findInterval tabulate merge rbind cbind subset with within transform aggregate tapply sapply lapply vapply mapply Map Filter Reduce apply outer crossprod solve det diag t eigen svd qr set.seed rnorm runif rbinom rpois rexp sample dnorm pnorm qnorm dbinom pbinom choose factorial gamma beta bitwAnd bitwOr bitwXor strtoi chartr is.function invisible nargs missing function return on suppressWarnings suppressMessages library require requireNamespace options R.version.string packageVersion Negate identity do mad weighted.mean rowSums colSums rowMeans colMeans max.col pmin pmax rle inverse.rle embed expand.grid combn union intersect setdiff is.element rawToChar charToRaw utf8ToInt intToUtf8 toString sQuote dQuote shQuote noquote encodeString julian unsplit split by ave stack reshape complete.cases na.omit stem density ecdf optimize optim uniroot integrate D polyroot fft convolve spline approx splinefun lowess smooth nls loess arima ts window lag acf HoltWinters kmeans hclust dist cutree prcomp mahalanobis object.size system.time proc.time droplevels interaction make.names make.unique arrange mutate filter select group_by summarise summarize count n desc pull left_join inner_join ungroup slice_head slice_max distinct tibble across everything case_when pivot_longer pivot_wider str_detect str_replace str_sub ymd fromJSON toJSON if for while repeat next break in else TRUE FALSE')
const R_READERS = names('read.csv read.table read.delim read.csv2 readLines read_csv fread fromJSON file.exists file.size file.info count.fields read_json')
const R_DENIED = names('system system2 shell pipe url file fifo gzfile bzfile xzfile unz socketConnection serverSocket download.file eval evalq parse source sys.source get mget get0 assign do.call match.fun call as.call body formals environment sys.function sys.call new.env globalenv baseenv emptyenv parent.frame getNamespace asNamespace getFromNamespace getAnywhere getExportedValue loadNamespace attachNamespace attach dyn.load library.dynam .C .Call .External .Fortran .Internal .Primitive Sys.getenv Sys.setenv Sys.unsetenv Sys.setlocale Sys.chmod Sys.umask unlink file.remove file.rename file.copy file.append file.create file.symlink file.link dir.create list.files list.dirs dir setwd write writeLines write.csv write.table write.csv2 saveRDS save save.image load readRDS dput dump sink pdf png jpeg svg bmp tiff postscript writeBin writeChar readBin unserialize serialize install.packages update.packages quit q on.exit reg.finalizer delayedAssign makeActiveBinding trace untrace browser edit fix vi emacs file.edit file.show file.choose readline stdin rstudioapi processx callr sys curl httr httr2 RCurl reticulate Rcpp cppFunction sourceCpp inline mcparallel mclapply parLapply makeCluster fork cmd Recall str2lang str2expression quote bquote substitute expression deparse as.function as.environment local rapply Vectorize textConnection open close untar unzip zip browseURL R.home Sys.info Sys.getpid Sys.readlink normalizePath path.expand invokeRestart tryInvokeRestart nsl fileSnapshot shell.exec system.file tempfile register setHook taskCallbackManager addTaskCallback packageEvent compile knit render walk pwalk env environmentName list2env as.list.environment')
const R_LIBRARIES = names('stats utils methods base datasets dplyr tidyr tibble stringr lubridate purrr readr data.table jsonlite forcats Matrix matrixStats zoo xts survival MASS')
const R_HIGHER: ReadonlyMap<string, number> = new Map([['sapply', 1], ['lapply', 1], ['vapply', 1], ['mapply', 0], ['Map', 0], ['Filter', 0], ['Reduce', 0], ['apply', 2], ['tapply', 2], ['aggregate', 2], ['outer', 2], ['Negate', 0], ['by', 2], ['ave', 99], ['combn', 99], ['optimize', 0], ['optim', 1], ['uniroot', 0], ['integrate', 0], ['rapply', 1]])

function r (words: SnippetWords, at: number): number | null {
  const said = words.name(at)
  const before = words.tokens[at - 1]
  if (words.mark(at, '(') && before?.kind === 'mark' && (/^[\]}]$/.test(before.text) || (before.text === ')' && !isCondition(words, at - 1)))) words.refuse()
  if (words.joined(at) && words.mark(at - 1, '::') && !R_LIBRARIES.has(words.name(at - 2))) words.refuse()
  if (words.mark(at, '$') && words.mark(at + 2, '(')) words.refuse()
  if (said === '') return null
  // What a name of R's own stands for would change: `c <- pipe`.
  if (/^(?:<-|<<-|=)$/.test(words.text(at + 1)) && words.tokens[at + 1]?.kind === 'mark' && R_CALLS.has(said) && words.name(at + 2) !== '' && words.name(at + 2) !== 'function' && !isValue(words, at)) words.refuse()
  if (!words.mark(at + 1, '(')) return null
  if (/^(?:library|require|requireNamespace)$/.test(said)) return R_LIBRARIES.has(words.name(at + 2) === '' ? words.plain(at + 2) ?? '' : words.name(at + 2)) && words.mark(at + 3, ')') ? at + 3 : words.refuse()
  const values = words.values(at + 1)
  if (/^(?:cat|print|format|toJSON|message|str)$/.test(said) && values.some((value) => /^f(?:i(?:l(?:e)?)?)?$|^con/.test(words.name(value)) && words.mark(value + 1, '='))) words.refuse()
  if (R_READERS.has(said)) {
    const text = values.find((value) => words.name(value) === 'text' && words.mark(value + 1, '='))
    if (text === undefined && words.name(at + 2) === 'file') return words.refuse()
    if (text === undefined || words.tokens[at + 2]?.kind === 'string') words.reading(at + 2)
    return at + 1
  }
  higher(words, said, values)
  return null
}

// A text, or a name for one, is called by whoever gets it for a function.
function higher (words: SnippetWords, said: string, values: readonly number[]): void {
  const position = R_HIGHER.get(said)
  if (position === undefined) return
  const byName = values.find((value) => /^f(?:u|un|n)?$/i.test(words.name(value)) && words.mark(value + 1, '='))
  const unnamed = values.filter((value) => !(words.name(value) !== '' && words.mark(value + 1, '=')))
  const value = byName === undefined ? unnamed[position === 99 ? unnamed.length : position] : byName + 2
  if (value === undefined) return position === 99 ? undefined : words.refuse()
  const handed = words.name(value)
  if (handed === 'function' || words.mark(value, '\\') || (R_CALLS.has(handed) && !R_HIGHER.has(handed)) || isFunction(words, handed) || /^(?:"[-+*/]"|[-+*/^])$/.test(words.plain(value) ?? '')) return
  words.refuse()
}

function isFunction (words: SnippetWords, said: string): boolean {
  const tokens = words.tokens
  const given = [...tokens.keys()].filter((at) => words.name(at) === said && /^(?:<-|<<-|=)$/.test(words.text(at + 1)))
  return said !== '' && given.length > 0 && given.every((at) => words.name(at + 2) === 'function' || words.mark(at + 2, '\\'))
}

function isValue (words: SnippetWords, at: number): boolean { return words.mark(at + 3, '(') || words.joined(at) || /^[(,]$/.test(words.text(at - 1)) }

function isCondition (words: SnippetWords, close: number): boolean {
  for (let at = close, depth = 0; at >= 0; at -= 1) {
    if (words.mark(at, ')')) depth += 1
    else if (words.mark(at, '(')) depth -= 1
    if (depth === 0) return /^(?:if|for|while|function|\\)$/.test(words.text(at - 1))
  }
  return false
}

export const R: SnippetLanguage = {
  syntax: {
    comment: /#[^\n]*/y,
    name: /\.?[A-Za-z](?:[\w.]*\w)?\.?|\.{3}|_(?=[,)])/y,
    mark: /%(?:in|\/|>|o)?%|\|>|<<?-|->>?|:::?|[=!<>]=|&&|\|\||[-+*/^=<>!&|~?:,;$@()[\]{}\\]/y,
    strings: [{ open: '"', close: '"', escapes: true, lines: true }, { open: "'", close: "'", escapes: true, lines: true }],
    raw: /\.\d+(?:[eE][+-]?\d+)?/y,
    refused: /`|:::|assign|\b[rR]["'](?:-*[([{])|do\.call|match\.fun/,
  },
  denied: R_DENIED,
  calls: R_CALLS,
  keywords: names('if else for while repeat function in next break TRUE FALSE NULL NA NaN Inf'),
  declares: names(''),
  joins: names(':: $ @'),
  look: (words, at) => {
    if (words.name(at) !== '' && words.name(at + 2) === 'function' && /^(?:<-|=)$/.test(words.text(at + 1)) && isFunction(words, words.name(at)) && !R_CALLS.has(words.name(at))) words.defined.add(words.name(at))
    return r(words, at)
  },
}

// --- Julia
const JULIA_MODULES = names('Statistics LinearAlgebra Dates Printf Random Test Unicode SHA DelimitedFiles Base64 UUIDs JSON DataFrames StatsBase SparseArrays')
const JULIA_CALLS = names('println print show display string repr length size sum prod maximum minimum extrema mean median std var cor round floor ceil trunc sqrt cbrt exp exp2 log log2 log10 log1p expm1 sin cos tan asin acos atan sinh cosh tanh sind cosd tand asind acosd atand deg2rad rad2deg hypot abs abs2 sign mod rem div fld cld gcd lcm divrem factorial binomial isprime big rand randn seed! shuffle sort sort! sortperm reverse unique filter map reduce foldl mapreduce collect enumerate zip range 1 zeros ones fill trues falses similar reshape vec hcat vcat cat push! pop! append! insert! deleteat! popfirst! pushfirst! first last findfirst findall findmax findmin argmax argmin any all count in keys values pairs haskey get merge Dict Set Vector Matrix Array Tuple Int Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float16 Float32 Float64 BigInt BigFloat Rational Complex Bool Char String parse tryparse convert typeof eltype isa isnan isinf isfinite isempty iseven isodd iszero isone ismissing isnothing split join strip lstrip rstrip replace uppercase lowercase titlecase startswith endswith occursin match eachmatch lpad rpad repeat contains chop chomp ncodeunits codepoint bitstring digits ndigits bytes2hex hex2bytes nextfloat prevfloat eps typemax typemin zero one inv det tr rank transpose adjoint dot cross norm eigvals eigen lu qr svd I diagm diag diff cumsum cumprod clamp muladd fma sinpi cospi sinc isapprox axes eachrow eachcol eachindex dropdims permutedims circshift Date DateTime Time Day Month Year Hour Minute Second Millisecond Week now today dayofweek dayname monthname year month day hour minute second dayofyear format datetime2unix unix2datetime lastdayofmonth firstdayofmonth monthday daysinmonth isleapyear quantile error throw ErrorException ArgumentError DomainError assert identity ntuple ifelse sizeof hash min max minmax numerator denominator rationalize conj real imag angle cis nothing something skipmissing coalesce Ref sha256 readdlm uuid4 countmap Some evalpoly widen signed unsigned leading_zeros trailing_zeros count_ones reinterpret time time_ns sleep')
const JULIA_DENIED = names('run open read readlines readline eachline readchomp readavailable write truncate eval include include_string include_dependency ccall cglobal llvmcall Meta Core Main Base ENV rm mv cp mkdir mkpath mktemp mktempdir touch chmod chown symlink hardlink cd download Downloads Sockets connect listen Libc Libdl Pkg pointer unsafe_load unsafe_store! unsafe_wrap unsafe_string unsafe_pointer_to_objref getfield setfield! getproperty setproperty! invoke invokelatest Symbol macro quote import homedir expanduser exit spawn Threads Distributed addprocs remotecall redirect_stdout redirect_stderr redirect_stdin atexit Task schedule readdir walkdir stdin Cmd Expr pipeline success detach process_running kill getpid tempname tempdir readlink realpath mmap Mmap Serialization serialize deserialize FileWatching Profile InteractiveUtils edit less REPL Artifacts LibGit2 setenv addenv withenv isdefined names eval_user_input __init__ ProcessEnv GC finalizer task_local_storage Channel HTTP CSV Module global popen cmd_gen shell_parse')

function julia (words: SnippetWords, at: number): number | null {
  const said = words.name(at)
  if (said === 'using') {
    let next = at + 1
    while (JULIA_MODULES.has(words.name(next)) && words.mark(next + 1, ',')) next += 2
    if (!JULIA_MODULES.has(words.name(next)) || /^[.:]$/.test(words.text(next + 1))) words.refuse()
    return next + 1
  }
  if (words.mark(at, '@')) return /^(?:show|time|assert|printf|sprintf|inbounds|views|elapsed|test|allocated|timed|info|warn|simd|inline|\.)$/.test(words.text(at + 1)) && !words.mark(at + 2, '.') ? at + 2 : words.refuse()
  if (words.mark(at, '(') && words.tokens[at]?.spaced === false && words.tokens[at - 1]?.kind === 'mark' && /^[)\]]$/.test(words.text(at - 1))) words.refuse()
  if (words.mark(at, ':') && words.mark(at + 1, '(') && !(/^(?:name|number)$/.test(words.tokens[at - 1]?.kind ?? '') || /^[)\]]$/.test(words.text(at - 1)))) words.refuse()
  // `read("x", String)`, and the lines of one.
  if (/^(?:read|readlines|eachline|readdlm|isfile|filesize)$/.test(said) && words.mark(at + 1, '(') && !words.joined(at)) {
    words.reading(at + 2)
    return words.mark(at + 3, ')') || words.mark(at + 3, ',') ? at + 3 : words.refuse()
  }
  if (said !== '' && words.joined(at) && words.mark(at + 1, '(')) return JULIA_CALLS.has(said) ? at + 1 : words.refuse()
  if (said !== '' && words.mark(at + 1, '.') && words.mark(at + 2, '(') && !JULIA_CALLS.has(said) && !words.defined.has(said)) words.refuse()
  return null
}

// `f(x) = …`
function defineShort (words: SnippetWords): void {
  for (const [at, { kind, text, line }] of words.tokens.entries()) {
    const begins = at === 0 || line || words.text(at - 1) === ';'
    if (kind === 'name' && begins && words.mark(at + 1, '(') && words.mark(words.behind(at + 1), '=')) words.defined.add(text)
  }
}

export const JULIA: SnippetLanguage = {
  syntax: {
    comment: /#(?!=)[^\n]*/y,
    name: /[A-Za-z_\u0391-\u03a9\u03b1-\u03c9][\w\u0391-\u03a9\u03b1-\u03c9\u2080-\u2089]*!?(?!=(?!=))|[A-Za-z_\u0391-\u03a9\u03b1-\u03c9][\w\u0391-\u03a9\u03b1-\u03c9\u2080-\u2089]*/y,
    mark: /\|>|->|=>|::|\.{3}|\.(?=[-+*/^=<>!])|[-+*/^%|&]=|[=!]==?|[<>]=|&&|\|\||\/\/|<<|>>>?|[-+*/^%.,;:?!<>=&|~@()[\]{}\\$'\u00b1\u00d7\u2208\u2264\u2265\u2260\u221a\u00f7]/y,
    strings: [{ open: '"""', close: '"""', escapes: true, lines: true, filled: ['$(', ')'] }, { open: '"', close: '"', escapes: true, lines: true, filled: ['$(', ')'] }],
    prefixes: names('r b v big'),
    raw: /(?<![\w)\]}'.])'(?:[^'\\\n]|\\[^'\n]{1,6}|\\')'/y,
    refused: /`|#=|\bvar"/,
  },
  denied: JULIA_DENIED,
  calls: JULIA_CALLS,
  keywords: names('if else elseif for while function return end let begin in isa do try catch finally true false nothing missing const local struct mutable where break continue and abstract type'),
  declares: names('function struct'),
  joins: names('.'),
  look: (words, at) => {
    if (at === 0) defineShort(words)
    return julia(words, at)
  },
}
