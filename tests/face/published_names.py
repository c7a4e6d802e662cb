"""The names of the controls of common rigs, whole lists as published; docs/any-rig.md names the sources."""


def sided(text, sides=("_L", "_R")):
    return [name + side for name in text.split() for side in sides]


CC4_EXTENDED = (
    sided("Brow_Raise_Inner Brow_Raise_Outer Brow_Drop Brow_Compress Eye_Blink Eye_Squint Eye_Wide")
    + """Eye_L_Look_L Eye_R_Look_L Eye_L_Look_R Eye_R_Look_R Eye_L_Look_Up Eye_R_Look_Up Eye_L_Look_Down
    Eye_R_Look_Down""".split()
    + sided("""Nose_Sneer Nose_Nostril_Raise Nose_Nostril_Dilate Nose_Crease Nose_Nostril_Down Nose_Nostril_In Nose_Tip
Cheek_Raise Cheek_Suck Cheek_Puff Mouth_Smile Mouth_Smile_Sharp Mouth_Frown Mouth_Stretch Mouth_Dimple
Mouth_Press Mouth_Tighten Mouth_Blow Mouth_Pucker_Up Mouth_Pucker_Down Mouth_Funnel_Up Mouth_Funnel_Down
Mouth_Roll_In_Upper Mouth_Roll_In_Lower Mouth_Roll_Out_Upper Mouth_Roll_Out_Lower Mouth_Push_Upper
Mouth_Push_Lower Mouth_Pull_Upper Mouth_Pull_Lower Mouth_Upper Mouth_Lower Mouth_Up_Upper Mouth_Down_Lower
Tongue_Bulge""")
    + """Nose_Tip_Up Nose_Tip_Down Mouth_Up Mouth_Down Mouth_L Mouth_R Mouth_Shrug_Upper Mouth_Shrug_Lower
Mouth_Drop_Upper Mouth_Drop_Lower Mouth_Chin_Up Mouth_Close Mouth_Contract Tongue_Out Jaw_Open Jaw_Forward
Jaw_Backward Jaw_L Jaw_R Jaw_Up Jaw_Down Neck_Swallow_Up Neck_Swallow_Down V_Open V_Explosive V_Dental_Lip
V_Tight_O V_Tight V_Wide V_Affricate V_Lip_Open""".split()
)

CC4_STANDARD = (
    sided("""Brow_Raise_Inner Brow_Raise_Outer Brow_Drop Eye_Blink Eye_Squint Eye_Wide Nose_Sneer Cheek_Raise Cheek_Puff
Mouth_Smile Mouth_Frown Mouth_Stretch Mouth_Dimple Mouth_Press Mouth_Up_Upper Mouth_Down_Lower""")
    + """Eye_L_Look_L Eye_R_Look_L Eye_L_Look_R Eye_R_Look_R Eye_L_Look_Up Eye_R_Look_Up Eye_L_Look_Down
Eye_R_Look_Down Jaw_Open Jaw_Forward Jaw_L Jaw_R Mouth_Pucker Mouth_Funnel Mouth_L Mouth_R
Mouth_Roll_In_Upper Mouth_Roll_In_Lower Mouth_Shrug_Upper Mouth_Shrug_Lower Mouth_Close Tongue_Out V_Open
V_Explosive""".split()
)

CC3_TRADITIONAL = """
Open Explosive Dental_Lip Tight-O Tight Wide Affricate Lip_Open Brow_Raise_Inner_L Brow_Raise_Inner_R
Brow_Raise_Outer_L Brow_Raise_Outer_R Brow_Drop_L Brow_Drop_R Brow_Raise_L Brow_Raise_R Eye_Blink
Eye_Blink_L Eye_Blink_R Eye_Wide_L Eye_Wide_R Eye_Squint_L Eye_Squint_R Nose_Scrunch Nose_Flanks_Raise
Nose_Flank_Raise_L Nose_Flank_Raise_R Nose_Nostrils_Flare Cheek_Raise_L Cheek_Raise_R Cheek_Suck
Cheek_Blow_L Cheek_Blow_R Mouth_Smile Mouth_Smile_L Mouth_Smile_R Mouth_Frown Mouth_Frown_L Mouth_Frown_R
Mouth_Blow Mouth_Pucker Mouth_Pucker_Open Mouth_Widen Mouth_Widen_Sides Mouth_Dimple_L Mouth_Dimple_R
Mouth_Plosive Mouth_Lips_Tight Mouth_Lips_Tuck Mouth_Lips_Open Mouth_Lips_Part Mouth_Bottom_Lip_Down
Mouth_Top_Lip_Up Mouth_Top_Lip_Under Mouth_Bottom_Lip_Under Mouth_Snarl_Upper_L Mouth_Snarl_Upper_R
Mouth_Snarl_Lower_L Mouth_Snarl_Lower_R Mouth_Bottom_Lip_Bite Mouth_Down Mouth_Up Mouth_L Mouth_R
Mouth_Lips_Jaw_Adjust Mouth_Bottom_Lip_Trans Mouth_Skewer Mouth_Open""".split()

CC3_EXPRESSION_PLUS = """
A01_Brow_Inner_Up A02_Brow_Down_Left A03_Brow_Down_Right A04_Brow_Outer_Up_Left A05_Brow_Outer_Up_Right
A06_Eye_Look_Up_Left A07_Eye_Look_Up_Right A08_Eye_Look_Down_Left A09_Eye_Look_Down_Right
A10_Eye_Look_Out_Left A11_Eye_Look_In_Left A12_Eye_Look_In_Right A13_Eye_Look_Out_Right A14_Eye_Blink_Left
A15_Eye_Blink_Right A16_Eye_Squint_Left A17_Eye_Squint_Right A18_Eye_Wide_Left A19_Eye_Wide_Right
A20_Cheek_Puff A21_Cheek_Squint_Left A22_Cheek_Squint_Right A23_Nose_Sneer_Left A24_Nose_Sneer_Right
A25_Jaw_Open A26_Jaw_Forward A27_Jaw_Left A28_Jaw_Right A29_Mouth_Funnel A30_Mouth_Pucker A31_Mouth_Left
A32_Mouth_Right A33_Mouth_Roll_Upper A34_Mouth_Roll_Lower A35_Mouth_Shrug_Upper A36_Mouth_Shrug_Lower
A37_Mouth_Close A38_Mouth_Smile_Left A39_Mouth_Smile_Right A40_Mouth_Frown_Left A41_Mouth_Frown_Right
A42_Mouth_Dimple_Left A43_Mouth_Dimple_Right A44_Mouth_Upper_Up_Left A45_Mouth_Upper_Up_Right
A46_Mouth_Lower_Down_Left A47_Mouth_Lower_Down_Right A48_Mouth_Press_Left A49_Mouth_Press_Right
A50_Mouth_Stretch_Left A51_Mouth_Stretch_Right T06_Tongue_Tip_Up Nose_Scrunch Mouth_Bottom_Lip_Bite V_Open
V_Explosive V_Dental_Lip V_Tight_O""".split()

DAZ_8 = """facs_ctrl_BrowInnerUp facs_BrowDownLeft facs_BrowDownRight facs_BrowOuterUpLeft facs_BrowOuterUpRight
facs_jnt_EyeLookUpLeft facs_jnt_EyeLookUpRight facs_jnt_EyeLookDownLeft facs_jnt_EyeLookDownRight
facs_bs_EyeLookInLeft_div2 facs_bs_EyeLookInRight_div2 facs_bs_EyeLookOutLeft_div2
facs_bs_EyeLookOutRight_div2 facs_jnt_EyeBlinkLeft facs_jnt_EyeBlinkRight facs_bs_EyeSquintLeft_div2
facs_bs_EyeSquintRight_div2 facs_jnt_EyesWideLeft facs_jnt_EyesWideRight facs_ctrl_CheekPuff
facs_bs_CheekSquintLeft_div2 facs_bs_CheekSquintRight_div2 facs_bs_NoseSneerLeft_div2
facs_bs_NoseSneerRight_div2 facs_jnt_JawOpen facs_jnt_JawForward facs_jnt_JawLeft facs_jnt_JawRight
facs_bs_MouthFunnel_div2 facs_bs_MouthPucker_div2 facs_bs_MouthLeft_div2 facs_bs_MouthRight_div2
facs_bs_MouthRollUpper_div2 facs_bs_MouthRollLower_div2 facs_bs_MouthShrugUpper_div2
facs_bs_MouthShrugLower_div2 facs_bs_MouthClose_div2 facs_bs_MouthSmileLeft_div2
facs_bs_MouthSmileRight_div2 facs_bs_MouthFrownLeft_div2 facs_bs_MouthFrownRight_div2
facs_bs_MouthDimpleLeft_div2 facs_bs_MouthDimpleRight_div2 facs_bs_MouthUpperUpLeft_div2
facs_bs_MouthUpperUpRight_div2 facs_bs_MouthLowerDownLeft_div2 facs_bs_MouthLowerDownRight_div2
facs_bs_MouthPressLeft_div2 facs_bs_MouthPressRight_div2 facs_bs_MouthStretchLeft_div2
facs_bs_MouthStretchRight_div2 facs_bs_TongueOut""".split()

DAZ_9 = [
    "facs_BrowDownLeft",
    "facs_BrowDownRight",
    "facs_BrowOuterUpLeft",
    "facs_BrowOuterUpRight",
    *(
        "facs_bs_" + name + side
        for side in ("Left", "Right")
        for name in """BrowInnerUp CheekPuff CheekSquint EyeBlink EyeLookDown EyeLookIn EyeLookOut EyeLookUp EyeSquint
EyelidOpenUpper EyelidOpenLower MouthCloseLower MouthCloseUpper MouthDimple MouthFrown MouthFunnelLower
MouthFunnelUpper MouthLowerDown MouthPressLower MouthPressUpper MouthPurseLower MouthPurseUpper
MouthRollLower MouthRollUpper MouthShrugLower MouthShrugUpper MouthSmile MouthSmileWiden MouthStretch
MouthUpperUp NoseSneer JawClench""".split()
    ),
    *("facs_bs_" + name for name in "JawLeft JawOpen JawRight JawRecess MouthLeft MouthRight TongueOut".split()),
]

METAHUMAN = [
    "CTRL_expressions_" + name
    for name in sided(
        """browDown browLateral browRaiseIn browRaiseOuter earUp eyeBlink eyeCheekRaise eyeFaceScrunch eyeLidPress
eyeLookDown eyeLookLeft eyeLookRight eyeLookUp eyeLowerLidDown eyeLowerLidUp eyePupilNarrow eyePupilWide
eyeRelax eyeSquintInner eyeUpperLidUp eyeWiden jawChinCompress jawChinRaiseD jawChinRaiseU jawClench
mouthCheekBlow mouthCheekSuck mouthCornerDepress mouthCornerDown mouthCornerNarrow mouthCornerPull
mouthCornerUp mouthCornerWide mouthDimple mouthFunnelD mouthFunnelU mouthLipsBlow mouthLipsPress
mouthLipsPullD mouthLipsPullU mouthLipsPurseD mouthLipsPurseU mouthLipsPushD mouthLipsPushU mouthLipsThickD
mouthLipsThickU mouthLipsTightenD mouthLipsTightenU mouthLipsTogetherD mouthLipsTogetherU mouthLipsTowardsD
mouthLipsTowardsU mouthLowerLipBite mouthLowerLipDepress mouthLowerLipRollIn mouthLowerLipRollOut
mouthPressD mouthPressU mouthSharpCornerPull mouthStretch mouthUpperLipRaise mouthUpperLipRollIn
mouthUpperLipRollOut noseNostrilDilate noseWrinkle noseWrinkleUpper""",
        ("L", "R"),
    )
    + """jawBack jawFwd jawLeft jawOpen jawOpenExtreme jawRight mouthDown mouthLeft mouthRight mouthUp tongueIn
tongueOut tongueUp tongueDown teethFwdD""".split()
]

VROID = [
    "Fcl_" + name
    for name in """ALL_Neutral ALL_Angry ALL_Fun ALL_Joy ALL_Sorrow ALL_Surprised BRW_Angry BRW_Fun BRW_Joy BRW_Sorrow
BRW_Surprised EYE_Natural EYE_Angry EYE_Close EYE_Close_R EYE_Close_L EYE_Fun EYE_Joy EYE_Joy_R EYE_Joy_L
EYE_Sorrow EYE_Surprised EYE_Spread EYE_Iris_Hide EYE_Highlight_Hide MTH_Close MTH_Up MTH_Down MTH_Angry
MTH_Small MTH_Large MTH_Neutral MTH_Fun MTH_Joy MTH_Sorrow MTH_Surprised MTH_SkinFung MTH_A MTH_I MTH_U
MTH_E MTH_O HA_Hide HA_Fung1""".split()
]

VRM_0 = """Neutral A I U E O Blink Joy Angry Sorrow Fun LookUp LookDown LookLeft LookRight Blink_L Blink_R""".split()
VRM_1 = """happy angry sad relaxed surprised neutral aa ih ou ee oh blink blinkLeft blinkRight lookUp lookDown lookLeft
lookRight""".split()

OCULUS = ["viseme_" + name for name in "sil PP FF TH DD kk CH SS nn RR aa E I O U".split()]
READY_PLAYER_ME = [*OCULUS, "mouthOpen", "mouthSmile", "eyesClosed", "eyesLookUp", "eyesLookDown"]
VRCHAT = ["vrc.v_" + name for name in "sil pp ff th dd kk ch ss nn rr aa e ih oh ou".split()]

MMD = """真面目 困る にこり 怒り 上 下 まばたき 笑い ウィンク ウィンク２ ウィンク右 ｳｨﾝｸ２右
びっくり じと目 なごみ あ い う え お ▲ ∧ □ ワ ω にやり""".split()

PRESTON_BLAIR = "AI E etc FV L MBP O rest U WQ".split()
RHUBARB = list("ABCDEFGHX")

MPFB2 = """aa_02 aa_ah_ax_01 ao_03 aw_09 ay_11 d_t_n_19 er_05 ey_eh_uh_04 f_v_18 h_12 k_g_ng_20 l_14 ow_08 oy_10
p_b_m_21 r_13 sh_ch_jh_zh_16 sil_00 s_z_15 th_dh_17 w_uw_07 y_iy_ih_ix_06""".split()

ICT = """browDown_L browDown_R browInnerUp_L browInnerUp_R browOuterUp_L browOuterUp_R cheekPuff_L cheekPuff_R
cheekRaiser_L cheekRaiser_R cheekSquint_L cheekSquint_R eyeBlink_L eyeBlink_R eyeLookDown_L eyeLookDown_R
eyeLookIn_L eyeLookIn_R eyeLookOut_L eyeLookOut_R eyeLookUp_L eyeLookUp_R eyeSquint_L eyeSquint_R eyeWide_L
eyeWide_R jawForward jawLeft jawOpen jawRight mouthClose mouthDimple_L mouthDimple_R mouthFrown_L
mouthFrown_R mouthFunnel mouthLeft mouthLowerDown_L mouthLowerDown_R mouthPress_L mouthPress_R mouthPucker
mouthRight mouthRollLower mouthRollUpper mouthShrugLower mouthShrugUpper mouthSmile_L mouthSmile_R
mouthStretch_L mouthStretch_R mouthUpperUp_L mouthUpperUp_R noseSneer_L noseSneer_R PupilDilate_L
PupilDilate_R""".split()

FACEIT = {
    "eyeBlinkLeft": ("c_eyelid_upper.L", "LOC_Y", 1),
    "eyeWideLeft": ("c_eyelid_upper.L", "LOC_Y", -1),
    "eyeBlinkRight": ("c_eyelid_upper.R", "LOC_Y", 1),
    "eyeWideRight": ("c_eyelid_upper.R", "LOC_Y", -1),
    "eyeLookUpLeft": ("c_eye.L", "LOC_Y", 1),
    "eyeLookDownLeft": ("c_eye.L", "LOC_Y", -1),
    "eyeLookOutLeft": ("c_eye.L", "LOC_X", 1),
    "eyeLookInLeft": ("c_eye.L", "LOC_X", -1),
    "eyeSquintLeft": ("c_eyelid_lower.L", "LOC_Y", 1),
    "jawForward": ("c_jaw_target", "LOC_Z", 1),
    "jawLeft": ("c_jaw_target", "LOC_X", 1),
    "jawRight": ("c_jaw_target", "LOC_X", -1),
    "jawOpen": ("c_jaw_target", "LOC_Y", -1),
    "mouthClose": ("c_lips_closed", "LOC_Y", 1),
    "mouthFunnel": ("c_mouthFunnel_slider", "LOC_Y", 1),
    "mouthPucker": ("c_mouthPucker_slider", "LOC_Y", 1),
    "mouthRight": ("c_mouth_controller", "LOC_X", -1),
    "mouthLeft": ("c_mouth_controller", "LOC_X", 1),
    "mouthSmileLeft": ("c_lips_corner.L", "LOC_Y", 1),
    "mouthFrownLeft": ("c_lips_corner.L", "LOC_Y", -1),
    "mouthRollLower": ("c_lips_lower_roll", "LOC_Y", 1),
    "mouthRollUpper": ("c_lips_upper_roll", "LOC_Y", 1),
    "mouthShrugLower": ("c_lips_lower", "LOC_Y", 1),
    "mouthUpperUpLeft": ("c_lips_outer_upper.L", "LOC_Y", 1),
    "mouthLowerDownLeft": ("c_lips_outer_lower.L", "LOC_Y", -1),
    "browInnerUp": ("c_eyebrow_mid", "LOC_Y", 1),
    "cheekPuff": ("c_cheekPuff_slider", "LOC_Y", 1),
    "tongueOut": ("c_tongueOut_slider", "LOC_Y", 1),
}
"""Shape key -> the bone of the control rig that drives it, its channel, and the side to which it goes."""
