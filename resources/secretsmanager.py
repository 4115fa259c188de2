"""AWS Secrets Manager: secrets and their values."""

from resources.record import Declaration, Grammar, ResourceType, words_in

SECRET = "aws:secretsmanager/secret:Secret"  # noqa: S105  a type's name
SECRET_VERSION = "aws:secretsmanager/secretVersion:SecretVersion"  # noqa: S105  a type's name


def _secret_arn(declaration: Declaration) -> str:
    # Six characters, which AWS makes up: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Secret.html
    ending = declaration.made_up().hex[:6]
    return declaration.arn("secretsmanager", f"secret:{declaration.inputs['name']}-{ending}")


def _version(_declaration: Declaration, id: str) -> dict[str, str]:
    secret, _, version = id.partition("|")
    return {"arn": secret, "versionId": version}


TYPES = (
    ResourceType(
        token=SECRET,
        # policy and replica are Optional and Computed; replica is a TypeSet. `type` is younger than this commit.
        source="secretsmanager/secret.go 00c21ce: ForceNew on name, name_prefix",
        identity=("name",),
        make_id=_secret_arn,
        make_outputs=lambda _declaration, arn: {"arn": arn},
        made_up=("arn",),
        exclusive=True,
        replaces=("name", "namePrefix"),
        updates=words_in("description forceOverwriteReplicaSecret kmsKeyId policy recoveryWindowInDays replicas tags"),
        optional=("policy", "replicas"),
        sets=("replicas",),
        documents={"policy": Grammar.IAM},
        tags="tags",
        reads=("DescribeSecret", "GetResourcePolicy"),
        # This program declares no policy of a secret and no copy of one.
        creates=("CreateSecret",),
        changes=("UpdateSecret", "TagResource", "UntagResource", "DeleteSecret"),
        parameters={"Name": "name", "SecretId": "name", "Tags": "tags"},
        settings_key="caches",
    ),
    ResourceType(
        token=SECRET_VERSION,
        # version_stages is a TypeSet, Optional and Computed.
        source=(
            "secretsmanager/secret_version.go 0042e8e: "
            "ForceNew on secret_id, secret_binary, secret_string, secret_string_wo_version"
        ),
        identity=None,
        make_id=lambda declaration: f"{declaration.inputs['secretId']}|{declaration.made_up()}",
        make_outputs=_version,
        made_up=("arn", "versionId"),
        replaces=("secretId", "secretBinary", "secretString", "secretStringWoVersion"),
        updates=("secretStringWo", "versionStages"),
        optional=("versionStages",),
        sets=("versionStages",),
        reads=("GetSecretValue",),
        # A version that another took the place of has the label AWSPREVIOUS, which goes with it.
        creates=("PutSecretValue",),
        changes=("UpdateSecretVersionStage",),
        parameters={"SecretId": "secretId"},
        settings_key="caches",
    ),
)
