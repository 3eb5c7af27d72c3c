// FileTrees
