import Repositories

/// The repository's reader is where restored content comes from.
extension ChunkReader: ContentReading {}
