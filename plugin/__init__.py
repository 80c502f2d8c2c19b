"""The provider `huaweicloud-image`: the resources and the component for Pulumi programs in any language."""
