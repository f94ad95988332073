//! The names of the language and its library that cells use most, for where the analysis cannot tell.

/// Reserved words, macros and types that need no `use`.
pub(crate) const PLAIN: [(&str, &str); 4] = [
    (
        "keyword",
        "as async await break const continue crate dyn else enum extern false fn for if impl in let \
         loop match mod move mut pub ref return self Self static struct super trait true type unsafe \
         use where while",
    ),
    (
        "function",
        "assert! assert_eq! assert_ne! concat! dbg! debug_assert! eprint! eprintln! format! \
         include_str! matches! panic! print! println! stringify! thread_local! todo! \
         unimplemented! unreachable! vec! write! writeln! drop",
    ),
    (
        "class",
        "Box Option Result String Vec bool char f32 f64 i8 i16 i32 i64 i128 isize str u8 u16 u32 u64 \
         u128 usize Some None Ok Err Clone Copy Debug Default Drop Eq Fn FnMut FnOnce From Into \
         IntoIterator Iterator Ord PartialEq PartialOrd Send Sync ToString",
    ),
    ("module", "std core alloc"),
];

/// What follows `name::`.
pub(crate) const INSIDE: [(&str, &str); 22] = [
    (
        "std",
        "alloc any array borrow boxed cell char cmp collections convert env error f32 f64 fmt fs \
         future hash hint io iter marker mem net num ops option os path pin process ptr rc result \
         slice str string sync task thread time vec",
    ),
    (
        "collections",
        "BTreeMap BTreeSet BinaryHeap HashMap HashSet LinkedList VecDeque btree_map hash_map",
    ),
    (
        "sync",
        "Arc Barrier Condvar LazyLock Mutex MutexGuard Once OnceLock PoisonError RwLock Weak atomic \
         mpsc",
    ),
    (
        "atomic",
        "AtomicBool AtomicI32 AtomicI64 AtomicU32 AtomicU64 AtomicUsize Ordering fence",
    ),
    ("mpsc", "Receiver Sender SyncSender channel sync_channel"),
    ("rc", "Rc Weak"),
    ("cell", "Cell LazyCell OnceCell RefCell UnsafeCell"),
    ("fmt", "Debug Display Error Formatter Result Write"),
    (
        "io",
        "BufRead BufReader BufWriter Error Read Result Write stdin stdout",
    ),
    (
        "fs",
        "File OpenOptions create_dir_all read read_dir read_to_string remove_file write",
    ),
    (
        "thread",
        "Builder JoinHandle available_parallelism current park scope sleep spawn yield_now",
    ),
    ("time", "Duration Instant SystemTime UNIX_EPOCH"),
    ("mem", "drop forget replace size_of size_of_val swap take"),
    (
        "iter",
        "Iterator empty from_fn once repeat repeat_n successors zip",
    ),
    ("process", "Command Stdio abort exit id"),
    ("Vec", "from from_iter new with_capacity"),
    ("String", "from from_utf8 from_utf8_lossy new with_capacity"),
    ("HashMap", "from from_iter new with_capacity"),
    ("Box", "new pin from leak"),
    ("Arc", "clone new ptr_eq strong_count"),
    ("Mutex", "new"),
    (
        "Duration",
        "ZERO from_micros from_millis from_nanos from_secs from_secs_f64",
    ),
];

/// What follows a dot, whatever stands before it.
pub(crate) const METHODS: &str = "abs all any append as_bytes as_deref as_mut as_ref as_slice as_str borrow \
    borrow_mut bytes capacity chain chars chunks clear clone cloned cmp collect concat contains \
    contains_key copied count dedup drain elapsed ends_with entry enumerate eq expect extend \
    extend_from_slice fill filter filter_map find find_map first flat_map flatten fold for_each get \
    get_mut get_or_insert_with insert into into_iter is_empty is_err is_none is_ok is_some iter \
    iter_mut join keys last len lines load lock map map_err max max_by max_by_key min min_by \
    min_by_key next nth ok ok_or or_default or_else or_insert or_insert_with parse partition peek \
    peekable pop position powf powi product push push_str read recv remove repeat replace retain rev \
    reverse saturating_sub scan send skip skip_while sort sort_by sort_by_key sort_unstable split \
    split_at split_whitespace sqrt starts_with step_by store sum swap take take_while then \
    to_lowercase to_owned to_string to_uppercase to_vec trim truncate try_into unwrap \
    unwrap_or unwrap_or_default unwrap_or_else unzip values values_mut windows wrapping_add write zip";
