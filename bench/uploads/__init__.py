"""Upload of a large sparse ISO file: killed and continued, and compared with s3cmd."""
