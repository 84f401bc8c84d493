// Owner of the header that the tests share precompiled; a target needs a file.
