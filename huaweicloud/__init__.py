"""
A typed client for the Huawei Cloud services that an image build needs.

Start with `huaweicloud.cloud.Cloud`. Importing the package itself costs nothing.
"""
