import { isHarmlessPart, PACKAGE_PARTS } from './parts.ts'
import { POWERFUL_ATTRIBUTE } from './vocabulary.ts'
import { DOING, words } from '../words.ts'

/**
 * Packages that compute on what they are given. Any part of one may be asked that is neither named for doing more nor for a module
 * of Python; what they read and write by a name is listed on its own.
 */
const PURE = words('torch torchvision sklearn scipy sympy networkx pydantic bs4 dateutil pytz tzlocal babel packaging markdown jsonschema marshmallow tabulate more_itertools toolz sortedcontainers shapely statsmodels seaborn matplotlib PIL lxml openpyxl attr attrs cattrs orjson ujson numpy pandas polars regex phonenumbers semver humanize inflection inflect slugify unidecode rapidfuzz Levenshtein tqdm rich colorama termcolor prettytable wcwidth yaml pytest hypothesis sqlalchemy skimage xgboost lightgbm deepdiff jmespath msgpack cachetools frozendict bidict pyparsing lark networkx einops jaxlib jax keras tensorflow sqlparse sqlglot psutil pygments markupsafe itsdangerous astropy xarray pyarrow h5py geopandas onnx safetensors imageio soundfile nibabel rasterio yarl multidict cryptography jwt freezegun tomlkit xmltodict plotly')

// Parts by which such packages reach for more than to compute, also where a name of theirs is one of Python's own.
const MORE = /^_|^(?:os|sys|io|re|ast|abc|site|imp|code|builtins|inspect|importlib|subprocess|shutil|socket|pickle|cpickle|joblib|ctypes|ctypeslib|cffi|tempfile|pathlib|glob|platform|threading|multiprocessing|distributed|concurrent|asyncio|urllib\w*|http\w*|ssl|zipfile|tarfile|gzip|bz2|lzma|warnings|types|operator|functools|contextlib|logging|gc|signal|atexit|runpy|pkgutil|codecs|linecache|tokenize|traceback|common|compat|externals|testing|f2py|distutils|npyio|lib|hub|jit|package|export|onnx|serialization|cpp_extension|ctypes\w*|memmap|vectorize|frompyfunc|fromfile|loadtxt|genfromtxt|fromregex|savez?\w*|imread|imsave|imshow|show|style|open_\w+|get_data|HDFStore|ExcelWriter|ExcelFile|ImageMath|ImageGrab|ImageShow|FilePath|NewPath|DirectoryPath|ImportString|create_model|pickle\w*|compile|script|trace|lambdify|sympify|parse_expr|parse_file|from_file|from_pretrained|plotting|backends?|mock|patch|main|register\w*|preview|preparse|autowrap|ufuncify|codegen|samp|flight|orc|ipc|fs|dataset|memory_map|cuda\w*_source|evaluate|usetex|importorskip|BaseSettings|PyObject|mro|jinja\w*|SettingsConfigDict|env_settings|from_name|of_site|of_address|get_icrs_coordinates|DataSource|init_session|offline|iplot|nx_agraph|nx_pydot|view_\w+|chdir|syspath\w*|MonkeyPatch|engine|create_\w*engine|engine_from_config|pytester|Pytester|testdir|lineprof|hub|library|ops|classes|utils|fetch_\w+|load_files|load_svmlight\w*|get_file|config|rc|rc_file|dynamo|inductor|popen|process_iter|Process|Popen|pids|XMLParser|parse|XInclude|XSLT|iterparse|objectify|html5parser|html|clean|isoschematron|console|pdb|Delta|make_class|TestLoader|query)$/
const PURE_NAMES = /^(?:load_(?:iris|digits|wine|breast_cancer|diabetes|linnerud)|DataLoader|TensorDataset|nn|functional|readable|thread|spread\w*|truncate|make_\w+)$/

// Words in names of parts that reach files or other machines.
const REACHING = /save$|static(?!method)|(?<!pro)file(?!name|size)|FILE|File(?!name)|pickle|socket|server|client|browser|(?:^|_)net(?:_|$)|webhook/i

/** Whether a dotted name is of a package that computes. */
export function isOfPure (name: string): boolean {
  const head = name.split('.')[0] ?? name
  return PURE.has(head) || PACKAGE_PARTS.has(head)
}

/** Whether a part of such a package is one to compute with. */
export function isPurePart (module: string, name: string): boolean {
  const [head = '', ...below] = module.split('.')
  const listed = PACKAGE_PARTS.get(head)
  if (listed !== undefined) return listed.test([...below, name].join('.'))
  if (isHarmlessPart(`${module}.${name}`)) return true
  // Of a part that does more, only what is known to be harmless.
  if (below.some((part) => MORE.test(part) && !/^(?:utils|data)$/.test(part))) return false
  if (PURE_NAMES.test(name)) return true
  if (name === 'utils' || name === 'data') return /^(?:torch(?:\.utils)?|sklearn)$/.test(module)
  if (name === 'parse' || name === 'html') return /^(?:dateutil\.parser|packaging\.version|lark|semver)$/.test(module) || (name === 'parse' && module === 'markdown')
  return !MORE.test(name) && !REACHING.test(name) && !DOING.test(name) && !/^to_/.test(name) && !POWERFUL_ATTRIBUTE.test(name)
}

/** Functions of packages that open the file that their first value names; `writes` says what for. */
export const PACKAGE_FILES: ReadonlyMap<string, { readonly writes: boolean }> = new Map<string, { readonly writes: boolean }>([
  ...['numpy.load', 'numpy.loadtxt', 'numpy.genfromtxt', 'PIL.Image.open', 'lxml.etree.parse', 'openpyxl.load_workbook', 'pandas.ExcelFile', 'pandas.read_fwf', 'polars.read_csv', 'polars.read_parquet', 'polars.read_json', 'polars.scan_csv', 'polars.scan_parquet', 'matplotlib.pyplot.imread', 'cv2.imread', 'tarfile.open', 'xml.dom.minidom.parse', 'wave.open', 'h5py.File', 'pyarrow.parquet.ParquetFile', 'pyarrow.parquet.read_table', 'pyarrow.parquet.read_schema', 'pyarrow.parquet.read_metadata', 'pyarrow.csv.read_csv', 'pyarrow.feather.read_table', 'pyarrow.json.read_json', 'geopandas.read_file', 'onnx.load', 'safetensors.safe_open', 'xarray.open_dataset', 'xarray.open_dataarray', 'imageio.imread', 'imageio.v2.imread', 'imageio.v3.imread', 'soundfile.read', 'soundfile.info', 'nibabel.load', 'rasterio.open'].map((name) => [name, { writes: false }] as const),
  ...['numpy.save', 'numpy.savez', 'numpy.savez_compressed', 'numpy.savetxt', 'matplotlib.pyplot.savefig', 'cv2.imwrite', 'pyarrow.parquet.write_table'].map((name) => [name, { writes: true }] as const),
])

/** Methods of what such packages make that write the file that their first value names. */
export const SAVING = /^(?:savefig|save|to_(?:csv|json|excel|parquet|html|markdown|feather|latex|string|netcdf)|write_(?:csv|parquet|json))$/

// By these something else is opened or run.
const STEERING = /^(?:allow_pickle|engine|storage_options|opener|hooks|proxies|fromfile_prefix_chars|mode|driver|rootgrp|filesystem|fileobj|memory_map)$/

/** Whether a value of that name makes a file's reader do more than to read. */
export function changesReader (name: string): boolean {
  return STEERING.test(name)
}
