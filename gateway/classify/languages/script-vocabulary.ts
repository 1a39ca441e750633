const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))

/** What may be called of a module of Python, and what of it is a value. */
export interface ScriptModule { readonly calls: ReadonlySet<string>, readonly values: ReadonlySet<string> }

const part = (calls: string, values = ''): ScriptModule => ({ calls: words(calls), values: words(values) })

/**
 * The parts of Python that compute, and none that starts, sends, deletes or evaluates. A Map, since the names that are
 * looked up in it are the model's own words.
 */
export const SCRIPT_MODULES: ReadonlyMap<string, ScriptModule> = new Map([
  ['abc', part('', 'ABC abstractmethod')],
  ['asyncio', part('run sleep gather wait_for create_task Queue Lock Event Semaphore as_completed', 'TimeoutError CancelledError')],
  ['binascii', part('hexlify unhexlify crc32')],
  ['bisect', part('bisect bisect_left bisect_right insort insort_left insort_right')],
  ['calendar', part('monthrange isleap timegm monthcalendar weekday', 'month_name day_name month_abbr day_abbr')],
  ['cmath', part('sqrt exp phase polar', 'pi')],
  ['contextlib', part('suppress nullcontext', 'contextmanager')],
  ['copy', part('copy deepcopy')],
  ['dataclasses', part('dataclass field asdict astuple fields is_dataclass replace')],
  ['enum', part('auto Enum IntEnum', 'Enum IntEnum StrEnum Flag IntFlag unique')],
  ['fnmatch', part('fnmatch fnmatchcase filter translate')],
  ['functools', part('reduce partial lru_cache cache cmp_to_key wraps', 'lru_cache cache cached_property total_ordering wraps')],
  ['graphlib', part('TopologicalSorter')],
  ['heapq', part('heapify heappush heappop heappushpop heapreplace nsmallest nlargest merge')],
  ['hmac', part('new compare_digest digest')],
  ['importlib.metadata', part('version')],
  ['importlib.util', part('find_spec')],
  ['io', part('StringIO BytesIO')],
  ['ipaddress', part('ip_address ip_network IPv4Address IPv4Network IPv6Address IPv6Network ip_interface')],
  ['keyword', part('iskeyword', 'kwlist')],
  ['locale', part('getpreferredencoding getlocale')],
  ['numpy', part('array asarray arange linspace zeros ones eye full mean median average std var sum prod dot cross outer matmul cumsum diff sqrt exp log log2 log10 sin cos tan abs round floor ceil clip min max minimum maximum argmin argmax sort argsort unique where isclose allclose array_equal isnan isfinite concatenate stack vstack hstack reshape transpose histogram percentile quantile meshgrid', 'pi e inf nan newaxis float16 float32 float64 int8 int16 int32 int64 uint8 bool_')],
  ['numpy.linalg', part('norm inv det solve eigvals matrix_rank')],
  ['numpy.random', part('rand randn randint seed normal uniform choice default_rng')],
  ['operator', part('itemgetter add sub mul truediv floordiv mod neg eq ne lt le gt ge')],
  ['pandas', part('DataFrame Series Timestamp Timedelta to_datetime to_numeric date_range concat merge isna notna read_csv read_parquet read_json read_excel read_feather read_table pivot_table crosstab cut qcut set_option json_normalize get_dummies melt unique isnull notnull Index Categorical', 'NA NaT')],
  ['secrets', part('token_hex token_urlsafe token_bytes randbelow choice compare_digest')],
  ['shlex', part('split quote join')],
  ['shutil', part('which get_terminal_size')],
  ['sqlite3', part('connect', 'sqlite_version Row')],
  ['subprocess', part('run check_output', 'PIPE DEVNULL STDOUT CalledProcessError')],
  ['ssl', part('', 'OPENSSL_VERSION')],
  ['sysconfig', part('get_path get_paths get_python_version get_platform')],
  ['traceback', part('print_exc format_exc')],
  ['types', part('SimpleNamespace MappingProxyType')],
  ['typing', part('NamedTuple TypedDict TypeVar cast', 'Any Optional Union List Dict Tuple Set FrozenSet Callable Iterable Iterator Generator Sequence Mapping NamedTuple TypedDict Protocol TypeVar Literal Final ClassVar Annotated Type Self overload final')],
  ['warnings', part('warn simplefilter filterwarnings catch_warnings')],
  ['xml.etree.ElementTree', part('parse fromstring tostring iterparse')],
  ['zlib', part('crc32 adler32 compress decompress')],
  ['zoneinfo', part('ZoneInfo available_timezones')],
  ['ast', part('parse walk dump unparse literal_eval get_docstring iter_child_nodes iter_fields get_source_segment increment_lineno', 'FunctionDef AsyncFunctionDef ClassDef Import ImportFrom Call Name Attribute Assign AnnAssign Constant Expr Return Module Str arg If For AsyncFor While With AsyncWith Try ExceptHandler Raise Assert Delete AugAssign Subscript Starred List Tuple Dict Set ListComp DictComp SetComp GeneratorExp Lambda IfExp BinOp BoolOp Compare UnaryOp JoinedStr FormattedValue Await Yield YieldFrom Global Nonlocal Pass Break Continue alias keyword arguments withitem Match NodeVisitor AST stmt expr Load Store')],
  ['base64', part('b64encode b64decode urlsafe_b64encode urlsafe_b64decode b32encode b16encode b32decode b16decode b85encode b85decode standard_b64encode standard_b64decode')],
  ['collections', part('Counter defaultdict OrderedDict deque namedtuple ChainMap')],
  ['csv', part('reader DictReader writer DictWriter')],
  ['datetime', part('date datetime timedelta time', 'date datetime timedelta timezone')],
  ['datetime.date', part('today fromisoformat fromtimestamp')],
  ['datetime.datetime', part('now utcnow today fromisoformat fromtimestamp utcfromtimestamp strptime')],
  ['datetime.timezone', part('', 'utc')],
  ['decimal', part('Decimal getcontext localcontext', 'ROUND_HALF_EVEN ROUND_HALF_UP ROUND_HALF_DOWN ROUND_UP ROUND_DOWN ROUND_CEILING ROUND_FLOOR InvalidOperation')],
  ['difflib', part('unified_diff ndiff get_close_matches SequenceMatcher')],
  ['fractions', part('Fraction')],
  ['glob', part('glob iglob')],
  ['hashlib', part('sha256 sha1 sha512 md5 blake2b new sha384 sha3_256 sha224 blake2s', 'sha256 sha1 sha512 md5 sha384 sha224')],
  ['html', part('escape unescape')],
  ['itertools', part('chain product permutations combinations groupby islice zip_longest accumulate count cycle repeat takewhile dropwhile starmap pairwise combinations_with_replacement compress tee filterfalse batched')],
  ['json', part('load loads dump dumps', 'JSONDecodeError')],
  ['math', part('sqrt floor ceil log log2 log10 sin cos tan gcd lcm factorial comb perm isclose hypot exp pow prod trunc fsum dist degrees radians asin acos atan atan2 sinh cosh tanh isnan isinf isfinite copysign fmod modf isqrt fabs cbrt exp2 expm1 log1p', 'pi e inf tau')],
  ['os', part('listdir walk getcwd cpu_count getpid stat scandir', 'sep linesep name')],
  ['os.path', part('join exists isfile isdir basename dirname splitext getsize getmtime relpath abspath normpath commonpath commonprefix split isabs islink samefile getctime realpath')],
  ['pathlib', part('Path')],
  ['pathlib.Path', part('cwd')],
  ['platform', part('python_version platform machine system node processor uname architecture release version python_implementation')],
  ['pprint', part('pprint pformat')],
  ['random', part('random randint choice shuffle sample seed uniform choices gauss Random getrandbits triangular betavariate expovariate')],
  ['re', part('findall finditer match search fullmatch split sub subn compile escape', 'M MULTILINE I IGNORECASE S DOTALL X VERBOSE error Pattern Match')],
  ['statistics', part('mean median stdev pstdev variance mode quantiles harmonic_mean fmean geometric_mean correlation median_low median_high multimode pvariance')],
  ['string', part('capwords Template', 'ascii_letters ascii_lowercase ascii_uppercase digits punctuation')],
  ['struct', part('pack unpack calcsize')],
  ['sys', part('exit getsizeof getdefaultencoding getrecursionlimit intern getrefcount setrecursionlimit', 'stdin stdout stderr version version_info argv platform executable maxsize byteorder implementation float_info prefix base_prefix flags maxunicode')],
  ['textwrap', part('dedent indent fill wrap shorten')],
  ['time', part('time perf_counter monotonic strftime gmtime localtime sleep process_time time_ns perf_counter_ns monotonic_ns strptime mktime ctime')],
  ['tomllib', part('load loads')],
  ['unicodedata', part('name normalize category')],
  ['urllib.parse', part('quote unquote urlparse urlsplit parse_qs urlencode urljoin parse_qsl quote_plus unquote_plus urlunparse urldefrag')],
  ['uuid', part('uuid4 uuid1 uuid3 uuid5 UUID', 'NAMESPACE_DNS NAMESPACE_URL')],
  ['http', part('', 'HTTPStatus')],
  ['mimetypes', part('guess_type guess_extension')],
  ['gzip', part('open compress decompress')],
  ['zipfile', part('ZipFile is_zipfile')],
  ['colorsys', part('rgb_to_hsv hsv_to_rgb rgb_to_hls hls_to_rgb')],
  ['array', part('array')],
  ['numbers', part('', 'Number Integral Real')],
  ['dis', part('dis')],
  ['collections.abc', part('', 'Iterable Iterator Mapping Sequence Callable Hashable MutableMapping Generator')],
  ['email.utils', part('parsedate_to_datetime formatdate parseaddr')],
  ['yaml', part('safe_load safe_load_all safe_dump dump')],
])

/** Builtins that may be called, and handed to others, by their names alone. */
export const SCRIPT_FUNCTIONS = words('Exception ValueError KeyError TypeError RuntimeError SystemExit AssertionError IndexError AttributeError NotImplementedError ZeroDivisionError StopIteration OSError FileNotFoundError NameError abs all any ascii bin bool bytes chr dict divmod enumerate filter float format frozenset hasattr hash hex int isinstance issubclass iter len list map max min next oct ord pow print range repr reversed round set sorted str sum tuple type zip')

/** Builtins of power, of whatever version: as values they would be called under other names. */
export const SCRIPT_POWERS = words('aiter anext breakpoint bytearray callable case class classmethod compile complex copyright credits delattr dir eval exec exit execfile file getattr globals help id input license locals memoryview object property quit raw_input reload setattr slice staticmethod super unicode vars')

export const SCRIPT_KEYWORDS = words('and as assert async await break continue def del elif else except finally for if in is lambda not or pass raise return try while with yield None True False')

/** Methods of texts, numbers, collections, files that are open, and nodes of a syntax tree. Paths have some more. */
export const SCRIPT_METHODS = words('append extend insert pop remove clear copy count index sort reverse keys values items get setdefault update add discard union intersection difference issubset issuperset most_common elements total ' +
  'strip lstrip rstrip split rsplit splitlines join replace startswith endswith upper lower title capitalize swapcase casefold find rfind partition rpartition removeprefix removesuffix isdigit isalpha isalnum isupper islower isspace isidentifier zfill ljust rjust center encode decode expandtabs translate hex hexdigest digest ' +
  'read readline readlines write writelines writerow writerows writeheader close seek flush group groups groupdict start end span match search findall finditer fullmatch sub ' +
  'isoformat strftime timestamp total_seconds date time weekday isoweekday toordinal astimezone year ratio is_integer bit_length as_integer_ratio conjugate quantize popleft appendleft rotate ' +
  'mean std var reshape astype tolist flatten ravel cumsum argmax argmin dot transpose item all any round min max sum head tail describe groupby value_counts sort_values sort_index set_index reset_index dropna fillna isna notna isnull nunique unique to_dict nlargest nsmallest select_dtypes ' +
  'fetchone fetchall fetchmany cursor fromkeys merge abs isin between duplicated drop_duplicates pivot_table pivot corr cov shift diff rolling expanding resample melt stack unstack explode squeeze idxmax idxmin pct_change info memory_usage equals assign sample quantile mode median first last size cumcount rank nth get_group iterrows itertuples isnull notnull eq ne lt gt le ge sub mul div mask where clip contains len normalize to_list isdisjoint symmetric_difference difference_update intersection_update popitem isnumeric isdecimal isprintable isascii maketrans rindex namelist infolist visit generic_visit expandtabs substitute safe_substitute subtract move_to_end rjust hex as_tuple limit_denominator ' +
  'getroot iter findtext findall getvalue utcoffset dst tzname localize day_name month_name ' +
  'exists is_file is_dir stat with_suffix with_name relative_to as_posix resolve joinpath')

/** Builtins and functions of modules whose first argument names a file or a folder. */
export const SCRIPT_PLACES = words('open pathlib.Path glob.glob glob.iglob os.listdir os.walk os.path.getsize os.path.getmtime pandas.read_csv pandas.read_parquet pandas.read_json pandas.read_excel pandas.read_feather pandas.read_table os.stat os.scandir gzip.open zipfile.ZipFile xml.etree.ElementTree.parse xml.etree.ElementTree.iterparse')

/** Words in names of functions that do more than to compute. */
export const DOING = /exec|eval|run|shell|system|spawn|popen|command|import|load|delete|remove|drop|deploy|publish|push|send|upload|write|fetch|request|download|install|migrat|main|call|env|secret|token|passw|credential|open|read/i

/** Attributes that lead from a value to modules or frames, or that are methods with effects: not to be had even uncalled. */
export const POWERFUL_ATTRIBUTE = /^_|^(?:gi|cr|ag|f|tb|co|func)_|^(?:os|sys|subprocess|shutil|builtins|parser|io|posix|posixpath|ntpath|importlib|socket|pickle|ctypes|modules|environ|codecs|loader|unlink|rename|replace|rmdir|mkdir|touch|chmod|lchmod|symlink_to|hardlink_to|link_to|write_text|write_bytes|read_text|read_bytes|open|truncate|glob|rglob|iterdir|walk|copy_into|move|move_into|copy_tree)$/

/** Methods of tables that take the names of others, in texts. */
export const NAMING_METHODS = words('agg aggregate apply applymap map transform')

/** Methods of tables that write, show or evaluate, so that their names may not be handed on. */
export const WRITING_NAME = /^_|^to_|^(?:eval|query|pipe|apply|applymap|agg|aggregate|map|transform|plot|hist|boxplot|style|set_)/

/** Methods that make another form of a table or a date; with a first value many of them write it to a file instead. */
export const FORM_METHOD = /^to_(?:string|markdown|json|csv|html|latex|dict|records|frame|numpy|period|timestamp|pydatetime)$/
