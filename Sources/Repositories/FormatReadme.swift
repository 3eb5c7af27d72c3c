/// What `FORMAT.md` in a new repository says, to whoever finds it without the program.
let formatReadme = """
  # This is a repository of `snap`

  It holds versions of a folder, in immutable objects. `config` says which format. To read it without the program:

  - `snapshots/<id>` is a saved version: magic `SNAPVERS`, tagged fields, SHA-256. It names a manifest by the SHA-256 of its root.
  - `packs/<first two digits>/<id>` holds frames, one after the other, then a directory of them and a trailer.
  - A frame is a header and one or more chunks, stored raw, as a zstd frame, or as a zstd frame whose dictionary prefix is
    the concatenation of the chunks that its header names. Of zstd frames the header is left out: to decode, put
    `28 B5 2F FD A0` and the raw length (four bytes, least first) in front.
  - A chunk is named by the SHA-256 of its bytes. A manifest lists, for every path, the chunks of the file.
  - `index.sqlite` is derived from the rest and can be deleted at any time.

  Every byte is described in `docs/format/` of the program's source.

  """
